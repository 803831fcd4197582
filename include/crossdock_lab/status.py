"""What is going on in the lab, in a few numbers."""

from __future__ import annotations

import psycopg

from crossdock_lab.clock import Clock

COUNTS = {
    "orders so far": "select count(*) from lab.orders, lab.clock where ordered_at <= processed_through",
    "orders alive": "select count(*) from lab.orders, lab.clock where ordered_at <= processed_through and not ended",
    "objects": "select count(*) from lab.objects",
    "webhooks sent": "select count(*) from lab.pushes where sent_at is not null",
    "webhooks waiting": """select count(*) from lab.pushes, lab.clock
        where sent_at is null and given_up_at is null and due_at <= processed_through""",
    "webhooks given up": "select count(*) from lab.pushes where given_up_at is not null",
    "files dropped": "select count(*) from lab.files where dropped_at is not null",
    "writes received": "select count(*) from lab.writes",
    "faults caused": "select count(*) from truth.faults where not is_lookalike",
    "look-alikes caused": "select count(*) from truth.faults where is_lookalike",
    "wrong right now": """select count(*) from truth.expectations
        where visible_wall_at is not null and gone_wall_at is null""",
    "misbehaving endpoints": """select count(*) from lab.misbehaviours, lab.clock
        where from_at <= processed_through and (until_at is null or until_at > processed_through)""",
}


def read(connection: psycopg.Connection) -> dict[str, object]:
    """Clock, configuration and counts. Raises Misconfigured while there is no world."""
    clock = Clock(connection).read()
    said: dict[str, object] = {"lab time": clock.now, "speed": clock.speed}
    said |= connection.execute("select config from lab.world").fetchone()[0]
    return said | {name: connection.execute(sql).fetchone()[0] for name, sql in COUNTS.items()}
