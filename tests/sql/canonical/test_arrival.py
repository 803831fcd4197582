"""However records arrive, late, twice or out of order, the lanes make of them what a full rebuild makes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from crossdock.db.connect import connect
from crossdock.lanes import dbt, models
from crossdock.lanes.lane import Lane
from sql.canonical.month import Version, trade

LEARNT = {"known_at", "quarantined_at", "quarantine_id"}
"""What rightly depends on when a record came."""
TABLES = (
    "identifier_links", "identifiers", "orders", "order_line_refs", "order_lines", "order_amounts", "holds",
    "shipments", "shipment_identifiers", "shipment_lines", "shipment_events", "status_beliefs", "inventory_positions",
)  # fmt: skip


def content(world, table: str) -> list[tuple]:
    """The rows of a canonical table, sorted, without the times at which we learnt of them."""
    rows = world.rows(f"select * from canonical.{table}")
    return sorted(tuple(str(v) for k, v in row.items() if k not in LEARNT) for row in rows)


def play(world, versions: list[Version], dice: random.Random | None) -> None:
    """Land the versions and run the fast lane: at once, or in random handfuls with the late code map between them."""
    with connect("test", conninfo=world.dsns["app"], autocommit=True) as connection:
        lane = Lane(connection, models.load(conninfo=world.dsns["dbt"]))
        mapped_at = dice.randrange(len(versions)) if dice else 0
        for index, version in enumerate(versions):
            if index == mapped_at:
                world.code("shopify", "sku", "XD-LATE", "SKU-1")
            world.wait(*version)
            if dice and dice.random() < 0.02:
                world.drain(lane)
        world.drain(lane)
        release(world)
        world.drain(lane)


def release(world) -> None:
    """Let go what an unmapped code had set aside: it is judged again."""
    world.app.execute(
        "with gone as (update ops.quarantine set state = 'released', resolved_at = now() "
        "where state = 'open' returning record_id) "
        "insert into raw.pending_records select distinct record_id from gone on conflict do nothing"
    )


def disturb(versions: list[Version], dice: random.Random) -> list[Version]:
    """The same month shuffled within two days, some of it delayed to the end, a fifth of it told twice.

    A delivery's versions keep their order: SAP gives them no time of change, only a day.
    """

    def when(version: Version) -> datetime:
        at = datetime.fromisoformat(version[4])
        late = timedelta(days=40) if dice.random() < 0.05 else timedelta(hours=dice.uniform(0, 48))
        return at + late

    told = versions + dice.sample(versions, len(versions) // 5)
    return sorted(told, key=when)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_disturbed_month_ends_like_an_orderly_one(worlds, seed):
    """Shuffled, doubled, delayed, with a code map that comes late: every table ends the same; dbt finds no drift."""
    versions = trade(seed, orders=25)
    orderly, disturbed = worlds(), worlds()
    play(orderly, versions, None)
    play(disturbed, disturb(versions, random.Random(seed)), random.Random(seed))
    assert len(content(orderly, "orders")) == 25
    for world in (orderly, disturbed):
        assert world.rows("select reason from ops.quarantine where state = 'open'") == []
    for table in TABLES:
        assert content(disturbed, table) == content(orderly, table), table
    for world in (orderly, disturbed):
        dbt.invoke(["run", "--select", "staging", "canonical"], conninfo=world.dsns["dbt"])
        assert world.rows("select model, missing_count, extra_count from ops.lane_drift") == []
