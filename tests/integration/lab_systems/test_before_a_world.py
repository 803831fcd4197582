"""A lab without a world: whoever reads it then must still read everything of the world that comes."""

from __future__ import annotations

from datetime import datetime

from crossdock_lab import db
from crossdock_lab.world import engine
from crossdock_lab.world.config import WorldConfig


def test_a_poll_before_the_world_reads_up_to_no_moment_of_it(lab) -> None:
    """The systems' time is before that of any world, and then the world's."""
    with db.connect(lab.dsn) as connection:
        db.wipe(connection)
    before = lab.sap("API_OUTBOUND_DELIVERY_SRV;v=0002/A_OutbDeliveryHeader")
    assert before.json()["d"]["results"] == []
    config = WorldConfig()
    assert datetime.fromisoformat(before.headers["x-server-time"]) < config.starts_at
    with db.connect(lab.dsn) as connection:
        engine.create(connection, config)
    after = lab.sap("API_OUTBOUND_DELIVERY_SRV;v=0002/A_OutbDeliveryHeader")
    assert datetime.fromisoformat(after.headers["x-server-time"]) == config.starts_at
