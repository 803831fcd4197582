"""A whole small world, traded, repaired, and replayed: nothing happens a second time, in our books or in theirs."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from crossdock.replay import api
from crossdock.worker import api as worker
from crossdock_lab.world.config import WorldConfig
from rig import Rig, rig

from .conftest import OWN, contents, difference, remap

CONFIG = WorldConfig(seed=11, orders_per_day=12, fault_share=0.3, lookalike_share=0.2, days=2)
EFFECTS = ("ops.outbound_documents", "ops.actions", "ops.cases", "ops.case_events", "ops.detections", "ops.quarantine")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def traded(postgres, modelled_for_module, tmp_path_factory) -> Iterator[Rig]:
    """Four days of trade, read, repaired and verified every twelve hours."""
    with rig(postgres, modelled_for_module, CONFIG, tmp_path_factory.mktemp("lab")) as system:
        for _ in range(8):
            system.step(hours=12)
            system.catch_up(rounds=2)
        system.poll()
        worker.drain(seconds=60, conninfo=system.dsn["app"])
        yield system


def everything(system: Rig) -> list[str]:
    """The filters that every record fits."""
    return [f"partner={partner_id}" for (partner_id,) in system.rows("select partner_id from ref.partners order by 1")]


def writes(system: Rig) -> list[tuple]:
    """Everything that was ever told to the lab's systems."""
    with psycopg.connect(system.lab_dsn) as lab:
        return lab.execute("select md5(w::text) from lab.writes as w order by 1").fetchall()


def test_a_world_replayed_twice_changes_no_row_and_does_nothing_again(traded):
    """No row, exception, case, decision, command or EDI document is other, and no system was told anything."""
    before, told = contents(traded.dsn, but=OWN), writes(traded)
    assert told
    assert all(before[name] for name in EFFECTS)
    seen = api.preview(everything(traded), conninfo=traded.dsn["app"])
    assert seen.records == traded.rows("select count(*) from raw.records")[0][0]
    assert {name: count for name, count in seen.effects.counts.items() if count} == {
        "messages_already_sent": len(seen.effects.of("documents"))
    }
    assert seen.effects.of("documents")
    for _ in range(2):
        done = api.replay(everything(traded), by="ann", plan=seen.plan, conninfo=traded.dsn["app"])
        assert done.plan == seen.plan
        worker.drain(seconds=60, conninfo=traded.dsn["app"])
        assert difference(before, contents(traded.dsn, but=OWN)) == []
    traded.repair()
    assert writes(traded) == told


def test_a_corrected_map_changes_what_the_dry_run_said(traded):
    """Dry run and replay agree on a whole world, and a second replay finds nothing left to change."""
    ((theirs,),) = traded.rows(
        "select m.their_code from ref.code_map as m join canonical.shipments as s on s.carrier_code = m.our_code "
        "where m.kind = 'carrier' and m.system_type = 'easypost' group by 1 order by count(*) desc, 1 limit 1"
    )
    told = writes(traded)
    remap(traded.dsn, "carrier", theirs, "PARCELS")
    before = contents(traded.dsn)
    seen = api.preview(everything(traded), at_once=150, conninfo=traded.dsn["app"])
    assert difference(before, contents(traded.dsn)) == []
    changed = {(row["model"], *row["key"]) for row in seen.effects.of("rows") if row["change"] == "changed"}
    assert {model for model, *_ in changed} >= {"shipments"}
    done = api.replay(everything(traded), by="ann", plan=seen.plan, at_once=150, conninfo=traded.dsn["app"])
    assert done.effects.digests() == seen.effects.digests()
    again = api.preview(everything(traded), conninfo=traded.dsn["app"])
    assert not any(count for name, count in again.effects.counts.items() if name != "messages_already_sent")
    assert writes(traded) == told
