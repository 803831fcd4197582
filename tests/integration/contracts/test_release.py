"""Quarantine by cause: fix once, release all of it, and nothing else."""

from __future__ import annotations

import pytest

from crossdock.contracts import codes, release
from crossdock.contracts.codes import Code
from crossdock.contracts.release import Cause
from crossdock.core.errors import Refused


def level(**changes) -> dict:
    """An inventory level that keeps its contract."""
    return {"inventory_item_id": 1, "location_id": 7, "available": 5, "updated_at": "2026-03-01T10:00:00Z", **changes}


@pytest.fixture
def shop(desk):
    made = desk("shopify/inventory_levels.v1")
    made.map("inventory_item", "1", "SKU-1")
    made.map("warehouse", "7", "DC-EAST")
    made.judge(
        *(made.land(f"9{n}", level(inventory_item_id=90 + n % 2)) for n in range(4)),
        made.land("bad", level(available="?")),
    )
    return made


def pending(made) -> set[str]:
    rows = made.connection.execute("delete from raw.pending_records returning record_id").fetchall()
    found = made.connection.execute(
        "select native_id from raw.records where record_id = any(%s)", [[r for (r,) in rows]]
    )
    return {native_id for (native_id,) in found}


def test_causes_are_counted_and_ranked(shop):
    """Four records, two unmapped items, one wrong number: three causes, the biggest first."""
    found = release.causes(shop.connection, Cause())
    assert [(row[2], row[3], row[4], row[5]) for row in found] == [
        ("mapped", "inventory_item", "90", 2), ("mapped", "inventory_item", "91", 2),
        ("typed", "available_qty", "?", 1),
    ]  # fmt: skip
    assert found[0][9] == "inventory item '90' of partner 'p1' has no mapping; add it to the code map, then release"


def test_releasing_a_cause_queues_it_and_what_is_mended_passes(shop):
    """Only records of the cause are queued; those still wrong come back."""
    shop.map("inventory_item", "90", "SKU-90")
    assert release.release(shop.connection, Cause(rule="mapped"), by="ann") == 4
    assert pending(shop) == {"90", "91", "92", "93"}
    ids = [
        r for (r,) in shop.connection.execute("select record_id from raw.records where native_id <> 'bad' order by 1")
    ]
    assert shop.judge(*ids) == 2
    assert {row[4] for row in shop.verdicts() if row[2] == "mapped"} == {"91"}
    assert {row[0] for row in shop.verdicts("replayed")} == {"90", "91", "92", "93"}


def test_an_override_needs_a_name_and_a_reason_and_holds(shop):
    """The record flows although it breaks the rule; the row says who let it."""
    with pytest.raises(Refused, match="a name and a reason"):
        release.accept(shop.connection, Cause(field="available_qty"), by="", reason="x")
    assert release.accept(shop.connection, Cause(field="available_qty"), by="ann", reason="counted by hand") == 1
    (record,) = shop.connection.execute("select record_id from raw.records where native_id = 'bad'").fetchone()
    assert shop.judge(record) == 0
    row = shop.connection.execute(
        "select resolved_by, resolution from ops.quarantine where state = 'released'"
    ).fetchone()
    assert row == ("ann", "counted by hand")


def test_nothing_is_released_by_accident(shop):
    """Choosing nothing, or what is not there, is refused."""
    with pytest.raises(Refused, match="nothing was chosen"):
        release.release(shop.connection, Cause(), by="ann")
    with pytest.raises(Refused, match="nothing in quarantine"):
        release.release(shop.connection, Cause(field="nope"), by="ann")


def test_discarding_closes_for_good(shop):
    """The row stays readable, the record never flows."""
    assert release.discard(shop.connection, Cause(field="available_qty"), by="ann", reason="test data") == 1
    assert [row[0] for row in shop.verdicts("discarded")] == ["bad"]
    assert pending(shop) == set()


def test_replay_reads_the_kept_bytes_again(shop):
    """The documents behind the rows are queued; the partner is not asked."""
    assert release.replay(shop.connection, Cause(field="available_qty")) == 1
    assert shop.connection.execute("select count(*) from raw.pending_documents").fetchone() == (1,)


def test_a_new_map_queues_only_what_uses_it(shop):
    """Records set aside for want of the code, whatever else there is."""
    code = Code("shopify", "p1", "inventory_item", "91", "SKU-91")
    codes.add(shop.connection, code, approved_by="ann")
    assert codes.requeue(shop.connection, [code]) == 2
    assert pending(shop) == {"91", "93"}


def test_a_changed_map_queues_what_flowed_with_it_while_it_is_valid(shop):
    """Also records that were never set aside; only those of its time and its partner."""
    shop.judge(shop.land("early", level(), "2026-01-01T00:00:00Z"), shop.land("late", level(), "2026-06-01T00:00:00Z"))
    shop.connection.execute("set crossdock.as_of = '2026-05-01T00:00:00Z'")
    old = Code("shopify", "*", "inventory_item", "1", "SKU-1")
    new = Code("shopify", "*", "inventory_item", "1", "SKU-2")
    assert codes.close_like(shop.connection, old) == 1
    codes.add(shop.connection, new, approved_by="ann")
    (since,) = shop.connection.execute("select valid_from from ref.code_map where our_code = 'SKU-2'").fetchone()
    assert since.isoformat() == "2026-05-01T00:00:00+00:00"
    changed = Code("shopify", "*", "inventory_item", "1", "SKU-2", valid_from=since)
    assert codes.requeue(shop.connection, [changed]) == 1
    assert pending(shop) == {"late"}


def test_two_maps_of_one_code_at_one_time_are_refused(shop):
    """The transaction goes on."""
    with pytest.raises(Refused, match="mapped at that time"):
        codes.add(shop.connection, Code("shopify", "*", "inventory_item", "1", "SKU-9"), approved_by="ann")
    assert shop.connection.execute("select count(*) from ref.code_map").fetchone() == (2,)


def test_missing_codes_are_ranked_by_what_waits_for_them(shop):
    """Kind, code and how many records; a map that came meanwhile takes it off the list."""
    shop.judge(shop.land("95", level(inventory_item_id=91)))
    found = codes.missing(shop.connection)
    assert [row[:5] for row in found] == [
        ("shopify", "p1", "inventory_item", "91", 3), ("shopify", "p1", "inventory_item", "90", 2),
    ]  # fmt: skip
