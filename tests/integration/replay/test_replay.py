"""A replay says what it would change, does exactly that, and lets nothing out by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import psycopg
import pytest

from benchmarks.latency import world
from crossdock.alerts import api as alerts
from crossdock.connectors import easypost
from crossdock.contracts import codes
from crossdock.contracts.codes import Code
from crossdock.core.errors import PartnerDown, Refused
from crossdock.db.connect import connect
from crossdock.remediation import triage
from crossdock.remediation.policies import files, store
from crossdock.replay import api
from crossdock.worker import api as worker
from edi_samples import ORDER, purchase_order
from rig import CROSSDOCK

from .conftest import LATE, OWN, contents, difference, receive, remap, rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TRACKERS = ["partner=easypost"]
RECORDS = "select count(*) from raw.records as r join ref.feeds as f using (feed_id) where f.partner_id = any(%s)"


TOLD = "select distinct event, state from ops.alerts where kind = 'business' and event <> 'chain_head' order by 1, 2"


def load_policies(dsn: dict[str, str]) -> None:
    with connect("test", conninfo=dsn["app"]) as connection:
        store.sync(connection, files.read_all(), "test")


@pytest.fixture
def lost(trading) -> dict[str, str]:
    """The carrier's estimates are found by no map, as though the exceptions of three late parcels had been missed."""
    load_policies(trading)
    with psycopg.connect(trading["owner"], autocommit=True) as connection:
        connection.execute("delete from ops.case_symptoms")
        connection.execute("alter table ops.case_events disable trigger user")
        connection.execute("alter table ops.audit_chain disable trigger user")
        for table in ("audit_chain", "case_events", "cases", "pending_detections", "detections"):
            connection.execute(f"delete from ops.{table}")
        connection.execute("alter table ops.case_events enable trigger user")
        connection.execute("alter table ops.audit_chain enable trigger user")
    return trading


def test_a_replay_of_everything_changes_nothing(trading):
    """Twice over, no row, exception, case, message or quarantine row is other than before."""
    before = contents(trading, but=OWN)
    for _ in range(2):
        done = api.replay(
            ["partner=easypost", "partner=sap-main", "partner=shop-main"], by="ann", at_once=25, conninfo=trading["app"]
        )
        assert done.records == rows(trading, RECORDS, ["easypost", "sap-main", "shop-main"])[0][0]
        assert not any(done.effects.counts.values())
        assert difference(before, contents(trading, but=OWN)) == []
    assert (
        rows(trading, "select requested_by, state, batches_done_count = batches_count from ops.replays")
        == [("ann", "done", True)] * 2
    )


def test_a_dry_run_leaves_no_trace(trading):
    """It finds rows to change, and not one row of any table, its own journal included, is other afterwards."""
    remap(trading, "carrier", "UPS", "USPS")
    before = contents(trading)
    with connect("ears", conninfo=trading["app"], autocommit=True) as ears:
        ears.execute("listen crossdock")
        seen = api.preview(TRACKERS, at_once=10, conninfo=trading["app"])
        assert list(ears.notifies(timeout=0.2)) == []
    assert seen.effects.counts["rows"] > 0
    assert seen.longest_hold_seconds > 0
    assert difference(before, contents(trading)) == []


def test_a_dry_run_names_precisely_the_rows_that_change(trading):
    """After the map was corrected: the rows named are those that differ afterwards, with their columns."""
    remap(trading, "carrier", "UPS", "USPS")
    tables = [name for (name,) in rows(trading, "select tablename from pg_tables where schemaname = 'canonical'")]
    before = {name: rows(trading, f"select to_jsonb(t) from canonical.{name} as t") for name in tables}
    seen = api.preview(TRACKERS, conninfo=trading["app"])
    done = api.replay(TRACKERS, by="ann", plan=seen.plan, conninfo=trading["app"])
    assert done.plan == seen.plan
    assert done.effects.as_json() == seen.effects.as_json()
    for name in tables:
        after = rows(trading, f"select to_jsonb(t) from canonical.{name} as t")
        gone = [json.dumps(row) for (row,) in before[name] if (row,) not in after]
        told = [item for item in seen.effects.of("rows") if item["model"] == name and item["change"] != "added"]
        assert len(gone) == len(told), name
    changed = {name: values for item in seen.effects.of("rows") for name, values in item["columns"].items()}
    assert changed["carrier_code"] == ["UPS", "USPS"]
    assert rows(trading, "select effects = plan from ops.replays") == [(True,)]


def test_a_plan_that_no_longer_holds_is_refused(trading):
    """Between the dry run and the replay the map changed again: nothing is done, and nothing recorded."""
    remap(trading, "carrier", "UPS", "USPS")
    seen = api.preview(TRACKERS, conninfo=trading["app"])
    remap(trading, "carrier", "UPS", "FEDEX")
    before = contents(trading)
    with pytest.raises(Refused, match="is not what would happen now"):
        api.replay(TRACKERS, by="ann", plan=seen.plan, conninfo=trading["app"])
    assert difference(before, contents(trading)) == []


def test_a_batch_that_would_do_other_than_planned_is_undone(trading, monkeypatch):
    """The world moved after the plan was compared: the batch is rolled back, and the journal says why it stopped."""
    remap(trading, "carrier", "UPS", "USPS")
    before = contents(trading, but=OWN)
    monkeypatch.setattr(api, "_planned", lambda run, plan: set())
    with pytest.raises(Refused, match="other than planned"):
        api.replay(TRACKERS, by="ann", plan="0", conninfo=trading["app"])
    assert difference(before, contents(trading, but=OWN)) == []
    ((state, done, reason),) = rows(trading, "select state, batches_done_count, state_reason from ops.replays")
    assert (state, done) == ("stopped", 0)
    assert "it was undone" in reason


def test_cases_that_a_replay_opens_are_neither_decided_nor_told(lost):
    """They are held, and say so; triage and alerts pass them by until somebody lets them go, as said by the dry run."""
    seen = api.preview(TRACKERS, conninfo=lost["app"])
    assert (seen.effects.counts["detections_opens"], seen.effects.counts["cases_opened"]) == (LATE, LATE)
    done = api.replay(TRACKERS, by="ann", plan=seen.plan, conninfo=lost["app"])
    assert (
        rows(lost, "select actor, data from ops.case_events where event = 'replay'")
        == [("ann", {"replay_id": done.replay_id, "is_replay": True})] * LATE
    )
    with connect("test", conninfo=lost["app"], autocommit=True) as connection:
        decided = triage.triage(connection, 100, _no_rates)
        assert decided == triage.Triaged()
        alerts.plan(connection)
        assert connection.execute(TOLD).fetchall() == [("case_opened", "suppressed")]
        assert next_actors(connection) == {"logistics"}
        assert api.let_go(connection, done.replay_id, "ben") == {"cases": LATE, "documents": 0}
        assert next_actors(connection) == {"crossdock"}
        decided = triage.triage(connection, 100, _no_rates)
        assert decided != triage.Triaged()
        with pytest.raises(Refused, match="ben let it go"):
            api.let_go(connection, done.replay_id, "ben")


def test_with_act_cases_are_decided_as_any_other(lost):
    """Nothing is held; the dry run named the commands, or why there is none yet."""
    seen = api.preview(TRACKERS, acts=True, conninfo=lost["app"])
    assert len(seen.effects.of("actions")) >= LATE
    api.replay(TRACKERS, by="ann", acts=True, plan=seen.plan, conninfo=lost["app"])
    assert rows(lost, "select held_cases, held_documents from ops.replays") == [([], [])]
    with connect("test", conninfo=lost["app"], autocommit=True) as connection:
        alerts.plan(connection)
        assert ("case_opened", "pending") in connection.execute(TOLD).fetchall()
        assert triage.triage(connection, 100, _no_rates) != triage.Triaged()


def next_actors(connection: psycopg.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select next_actor from ops.cases")}


def _no_rates(partner_id: str):
    raise PartnerDown(f"{partner_id} is not there")


@pytest.fixture
def ordered(modelled) -> dict[str, str]:
    """An EDI order with an item that nobody had mapped: answered, one line refused; then the item was mapped."""
    world.fill(modelled, 1)
    with connect("test", conninfo=modelled["app"], autocommit=True) as connection:
        body = tuple(line.replace("VP4002", "VP9999") for line in ORDER)
        receive(connection, "acme-edi", "interchanges", purchase_order(*body))
        worker.drain(seconds=30, conninfo=modelled["app"])
        ours = connection.execute("select our_code from ref.code_map where kind = 'sku' limit 1").fetchone()
        with connection.transaction():
            codes.add(connection, Code("x12", "acme-edi", "sku", "VP9999", ours[0]), approved_by="test")
    return modelled


WRITTEN = "select document_type, state from ops.outbound_documents order by outbound_document_id"


def test_an_answer_that_a_replay_owes_is_written_and_held(ordered):
    """Another 855 stands in the first one's place; it does not go out before somebody lets it go."""
    seen = api.preview(["rule=mapped"], conninfo=ordered["app"])
    written = {item["document_type"]: item for item in seen.effects.of("documents")}
    assert (written["855"]["already_sent"], written["855"]["state"]) == (False, "held")
    assert [item["change"] for item in seen.effects.of("quarantine")] == ["lets go"]
    assert seen.effects.counts["messages"] == 1
    done = api.replay(["rule=mapped"], by="ann", plan=seen.plan, conninfo=ordered["app"])
    assert done.effects.digests() == seen.effects.digests()
    assert rows(ordered, WRITTEN)[-1] == ("855", "held")
    assert [state for _, state in rows(ordered, WRITTEN)].count("held") == 1
    assert rows(ordered, "select count(*) from canonical.edi_acknowledgements") == [(1,)]
    before = contents(ordered, but=OWN)
    for _ in range(2):
        again = api.replay(["partner=acme-edi"], by="ann", conninfo=ordered["app"])
        assert (again.effects.counts["messages"], again.effects.counts["messages_already_sent"]) == (0, 3)
    assert difference(before, contents(ordered, but=OWN)) == []
    with connect("test", conninfo=ordered["app"]) as connection:
        assert api.let_go(connection, done.replay_id, "ben")["documents"] == 1
    assert rows(ordered, WRITTEN)[-1] == ("855", "ready")


def test_documents_are_read_again_from_their_kept_bytes(trading, monkeypatch):
    """A parser that reads otherwise today makes newer versions; one that reads the same makes none."""
    same = api.preview(["partner=easypost"], source="documents", conninfo=trading["app"])
    assert same.documents > 0
    assert not any(same.effects.counts.values())
    reads = easypost.records

    def mended(name, data):
        return reads(name, json.loads(json.dumps(data).replace('"carrier": "UPS"', '"carrier": "USPS"')))

    monkeypatch.setattr(easypost, "records", mended)
    before = contents(trading)
    seen = api.preview(["partner=easypost"], source="documents", conninfo=trading["app"])
    assert seen.effects.counts["rows"] > 0
    assert difference(before, contents(trading)) == []
    done = api.replay(["partner=easypost"], source="documents", by="ann", plan=seen.plan, conninfo=trading["app"])
    assert done.effects.digests() == seen.effects.digests()
    again = api.replay(["partner=easypost"], source="documents", by="ann", conninfo=trading["app"])
    assert not any(again.effects.counts.values())


def test_killed_in_the_middle_and_run_again_it_ends_in_the_same_state(trading, postgres):
    """Whole batches stand, the rest is as it was; a second run leaves what one run would have left."""
    remap(trading, "carrier", "UPS", "USPS")
    twin = copy(postgres, trading)
    api.replay(TRACKERS, by="ann", at_once=2, conninfo=twin["app"])
    environment = os.environ | {"CROSSDOCK_DSN": trading["app"], "CROSSDOCK_DBT_DSN": trading["dbt"]}
    words = [CROSSDOCK, "replay", "--where", *TRACKERS, "--batch", "2", "--as", "ann"]
    process = subprocess.Popen(words, env=environment, start_new_session=True)
    until = time.monotonic() + 60
    while not rows(trading, "select from ops.replays where batches_done_count >= 2") and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done, of = rows(trading, "select batches_done_count, batches_count from ops.replays")[0]
    assert 2 <= done < of
    canonical = {name: made for name, made in contents(twin).items() if name.startswith("canonical.")}
    assert difference(canonical, contents(trading)) != []
    assert subprocess.run(words, env=environment, timeout=120, check=False).returncode == 0
    assert difference(canonical, contents(trading)) == []
    assert rows(trading, "select state from ops.replays order by replay_id") == [("interrupted",), ("done",)]
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{twin["app"].rsplit("dbname=", 1)[1].split()[0]}" with (force)')


def copy(postgres, dsn: dict[str, str]) -> dict[str, str]:
    """The same database once more: DSN by role."""
    name = dsn["app"].rsplit("dbname=", 1)[1].split()[0]
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'create database "{name}_twin" template "{name}"')
    return {role: text.replace(f"dbname={name}", f"dbname={name}_twin") for role, text in dsn.items()}


def test_one_order_by_any_of_its_names(trading):
    """Everything known of it is taken, whichever system's number is given; and nothing of another order."""
    found = {
        name: api.preview([f"order={name}"], conninfo=trading["app"]).records
        for (name,) in rows(
            trading,
            "select value from canonical.identifiers where thread_id = (select min(thread_id) from canonical.orders)",
        )
    }
    assert len(found) > 3
    assert len(set(found.values())) == 1
    assert max(found.values()) < 10


@pytest.mark.parametrize("words", [[], ["colour=red"], ["since=tomorrow"], ["record=x"], ["partner"]])
def test_what_cannot_be_understood_is_refused(trading, words):
    """Nothing chosen, an unknown filter, a value that cannot be read: said, with what to write instead."""
    with pytest.raises(Refused) as refused:
        api.preview(words, conninfo=trading["app"])
    assert refused.value.hint


def test_what_was_discarded_stays_set_aside(trading):
    """A replay judges it again and opens no new row for what a person, or a newer version, has settled."""
    with connect("test", conninfo=trading["app"], autocommit=True) as connection:
        record_id, feed_id, native_id = connection.execute(
            "select record_id, r.feed_id, native_id from raw.records as r join ref.feeds as f using (feed_id) "
            "where f.feed = 'trackers' order by 1 limit 1"
        ).fetchone()
        connection.execute("delete from ref.code_map where kind = 'carrier' and their_code = 'UPS'")
        before = rows(trading, "select count(*) from ops.quarantine")
        api.replay([f"record={record_id}"], by="ann", conninfo=trading["app"])
        ((made, state),) = rows(trading, "select count(*), min(state) from ops.quarantine")
        assert (made, state) == (before[0][0] + 1, "open"), (feed_id, native_id)
        connection.execute("update ops.quarantine set state = 'discarded'")
        api.replay([f"record={record_id}"], by="ann", conninfo=trading["app"])
    assert rows(trading, "select count(*), min(state) from ops.quarantine") == [(made, "discarded")]
