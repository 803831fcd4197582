"""Who is told next, and what the platform says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossdock.alerts import api
from crossdock.core import clock
from crossdock.db.connect import connect

from .conftest import routes

BOSS = {"to": {"role": "Admin"}, "channel": "boss"}


def set_business_time(desk, at: datetime) -> None:
    """Business time stands still at `at`."""
    clock.follow(desk.connection, at, 0)
    desk.connection.commit()


def test_what_nobody_answers_goes_to_the_next_audience(desk, mail):
    """After its time in business hours of the clock, once, with the same cases; the wall clock does not count."""
    chosen = routes(warehouse={"events": ["case_opened"], "escalate": [{"after": "30m", **BOSS}]})
    start = datetime.now(UTC)
    set_business_time(desk, start)
    desk.case()
    desk.case()
    desk.tell(chosen)
    desk.later(hours=3)
    assert desk.escalate(chosen) == 0
    set_business_time(desk, start + timedelta(minutes=30))
    assert [desk.escalate(chosen), desk.escalate(chosen)] == [1, 0]
    assert desk.send(chosen).sent == 1
    message = mail.messages[1]
    assert message["To"] == "boss@example.com"
    assert message["Subject"] == "[Crossdock] Unanswered: New: Inventory short pick, warehouse 1710 (2)"
    assert "step 1 of route warehouse: unanswered for 0 h 30 min after alert 1" in message.get_content()
    assert "order-2:" in message.get_content()


def test_an_answer_stops_the_escalation(desk, mail):
    """A person's entry in every case, the end of the cases, or the word of somebody who takes care."""
    chosen = routes(warehouse={"events": ["case_opened"], "escalate": [{"after": "30m", **BOSS}]})
    noted, ended, _ = (desk.case(warehouse_code=code) for code in "ABC")
    desk.tell(chosen)
    desk.connection.execute("select ops.note_case(%s, 'note', 'anna', 'person', 'on it')", [noted])
    desk.move(ended, "dismiss", kind="person")
    taken = desk.rows("select alert_id from ops.alerts where cause like '%C'")[0][0]
    with desk.open() as connection:
        assert api.answer(connection, taken, "anna") is True
        assert api.answer(connection, taken, "boris") is False
    set_business_time(desk, datetime.now(UTC) + timedelta(hours=1))
    assert desk.escalate(chosen) == 0


def test_a_deadline_goes_up_by_business_time(desk, mail):
    """Near the deadline to one, an hour past it to the next; each once, although somebody has answered."""
    steps = [
        {"when": "sla_at_risk", **BOSS},
        {"when": "sla_passed", "after": "1h", "to": {"role": "Op"}, "channel": "hook"},
    ]
    chosen = routes(warehouse={"events": ["case_opened"], "escalate": steps})
    start = datetime.now(UTC)
    set_business_time(desk, start)
    case_id = desk.case(sla_due_at=start + timedelta(hours=8))
    desk.tell(chosen)
    desk.connection.execute("select ops.note_case(%s, 'note', 'anna', 'person', 'on it')", [case_id])
    desk.connection.commit()
    planned = []
    for hours in (5.9, 6.1, 8.5, 9.1, 9.2):
        set_business_time(desk, start + timedelta(hours=hours))
        planned.append(desk.escalate(chosen))
    assert planned == [0, 1, 0, 1, 0]
    assert desk.rows("select level, audience, channel from ops.alerts where level > 0 order by level") == [
        (1, "role:Admin", "boss"),
        (2, "role:Op", "hook"),
    ]


def test_business_goes_to_business_and_technical_to_technical(desk, mail):
    """An endpoint that is down tells the platform's people; a case tells the warehouse; neither hears of the other."""
    chosen = routes(
        watch={"processes": []},
        warehouse={"events": ["case_opened"]},
        platform={"kind": "technical", "audience": {"role": "Op"}, "channel": "boss"},
    )
    desk.case()
    open_circuit(desk)
    assert desk.tell(chosen).sent == 2
    told = {(message["To"], message["Subject"]) for message in mail.messages}
    assert told == {
        ("warehouse@example.com", "[Crossdock] New: Inventory short pick, warehouse 1710"),
        ("boss@example.com", "[Crossdock] Endpoint not called: Endpoint sap-main is not called"),
    }
    assert "5 failures in a row" in "".join(mail.texts())


def test_a_circuit_that_flaps_is_told_once_and_what_heals_while_it_gathers_not_at_all(desk, mail):
    """Each time it opens is another item of the same cause; healed before the hour, it was never worth telling."""
    platform = routes(
        watch={"processes": []},
        platform={"kind": "technical", "audience": {"role": "Op"}, "gather": "2m", "window": "1h"},
    )
    open_circuit(desk)
    assert desk.tell(platform).sent == 0
    desk.later(minutes=2)
    assert desk.tell(platform).sent == 1
    for _ in range(3):
        close_circuit(desk)
        desk.tell(platform)
        desk.later(minutes=5)
        open_circuit(desk)
        assert desk.tell(platform).sent == 0
    close_circuit(desk)
    desk.later(hours=1)
    assert desk.tell(platform).suppressed == 1
    assert len(mail.messages) == 1


def test_a_technical_alert_escalates_by_the_wall_clock_while_it_lasts(desk, mail):
    """Business time stands still; an hour later the circuit is still open."""
    platform = routes(
        watch={"processes": []},
        platform={"kind": "technical", "audience": {"role": "Op"}, "escalate": [{"after": "1h", **BOSS}]},
    )
    set_business_time(desk, datetime.now(UTC))
    open_circuit(desk)
    desk.tell(platform)
    desk.later(minutes=59)
    assert desk.escalate(platform) == 0
    desk.later(minutes=1)
    close_circuit(desk)
    assert desk.escalate(platform) == 0
    open_circuit(desk)
    assert desk.escalate(platform) == 1


def test_each_thing_that_can_be_wrong_with_the_platform_is_seen(desk):
    """A stalled feed, a growing quarantine, records waiting, drift, a missing process, an unsettled command."""
    break_everything(desk)
    with connect("there", conninfo=desk.dsn["app"]):
        desk.plan(
            routes(
                watch={"processes": ["there", "gone"], "quarantine_rows": 3},
                platform={"kind": "technical", "audience": {"role": "Op"}},
            )
        )
    assert desk.rows("select event, title from ops.alerts order by event") == [
        ("feed_stalled", "Feed shop/orders is not read"),
        ("lane_drift", "Model orders drifted"),
        ("lane_lag", "Records wait for the fast lane"),
        ("outbox_stuck", "Commands to shop are not settled"),
        ("process_dead", "Process gone is not there"),
        ("quarantine_growing", "Quarantine of shop/orders grows: carrier mapped"),
    ]


def test_a_platform_that_is_well_is_silent(desk):
    """No alert without a cause."""
    everything = routes(watch={"processes": []}, platform={"kind": "technical", "audience": {"role": "Op"}}, all={})
    assert desk.plan(everything) == 0


def open_circuit(desk) -> None:
    desk.connection.execute(
        """
        insert into ops.endpoints (endpoint, partner_id, capacity, refill_per_second, tokens, circuit, failures_count,
            opened_at)
        values ('sap-main', 'sap-main', 1, 1, 1, 'open', 5, %(at)s)
        on conflict (endpoint) do update set circuit = 'open', opened_at = %(at)s
        """,
        {"at": desk.now},
    )
    desk.connection.commit()


def close_circuit(desk) -> None:
    desk.connection.execute("update ops.endpoints set circuit = 'closed', opened_at = null")
    desk.connection.commit()


def break_everything(desk) -> None:
    """One of each, an hour ago; beside them a feed that was read a minute ago."""
    case_id = desk.case()
    desk.connection.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner)
        values ('shop', 'Shop', 'shopify', 'shop', 'it');
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode, settings) values
            ('shop', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll', '{"every_seconds": 60}'),
            ('shop', 'levels', 'shopify.levels', 'shopify/levels.v1', 'poll', '{"every_seconds": 60}');
        insert into raw.runs (feed_id, status, trigger, correlation_id, started_at)
        select feed_id, 'done', 'test', 'c', now() - case feed when 'orders' then interval '1 hour' else '1 minute' end
        from ref.feeds;
        insert into raw.documents (feed_id, checksum, content_type, content_bytes, source_ref, correlation_id)
        select min(feed_id), 'x', 'text', 1, 's', 'c' from ref.feeds;
        insert into raw.records (feed_id, native_id, payload_hash, payload, document_id, ordinal, landed_at)
        select feed_id, n::text, 'h', '{}', document_id, n, now() - interval '1 hour'
        from raw.documents, generate_series(1, 3) as n;
        insert into raw.pending_records select min(record_id) from raw.records;
        insert into ops.quarantine (feed_id, record_id, rule, field, value, reason)
        select feed_id, record_id, 'mapped', 'carrier', native_id, 'r' from raw.records;
        insert into ops.lane_drift (model, missing_count, extra_count) values ('orders', 2, 0), ('lines', 0, 0);
        """
    )
    desk.connection.execute(
        """
        insert into ops.actions (case_id, attempt, step, command, partner_id, payload, idempotency_key, correlation_id,
            sent_at)
        values (%s, 1, 1, 'shopify.set_promise', 'shop', '{}', 'k', 'c', now() - interval '1 hour')
        """,
        [case_id],
    )
    for state in ("approved", "sent"):
        desk.connection.execute("update ops.actions set state = %s", [state])
    desk.connection.commit()
