"""Who is told what: one alert a cause, in words that name orders and no person, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from crossdock.cases.api import assign

from .conftest import SECRET, routes

OPENED = routes(warehouse={"events": ["case_opened"]})


def test_a_case_is_told_with_what_it_needs(desk, mail):
    """The mail says what, how bad, which order, until when, who is next, and why its reader gets it."""
    case_id = desk.case(title="Short pick of 3 pieces; ask anna@example.com or +49 30 12345678")
    assert desk.tell(OPENED).sent == 1
    (message,) = mail.messages
    assert message["Subject"] == "[Crossdock] New: Inventory short pick, warehouse 1710"
    assert message["From"] == "Crossdock <crossdock@example.com>"
    assert message["To"] == "warehouse@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "order-1: Short pick of 3 pieces" in text
    assert "Severity high, 1 case, 1 order affected, 1 still open" in text
    assert "next: Choose what to do by crossdock" in text
    assert f"crossdock cases show {case_id}" in text
    assert "route warehouse tells queue:warehouse of case_opened" in text
    assert "anna@" not in text
    assert "12345678" not in text
    assert desk.states() == ["sent"]


def test_four_hundred_cases_of_one_cause_are_one_alert(desk, mail):
    """They collapse by code and place; the count, some orders and the rest are named. Another warehouse is another."""
    for _ in range(400):
        desk.case()
    desk.case(warehouse_code="1720")
    assert desk.plan(OPENED) == 2
    assert desk.send(OPENED).sent == 2
    big = next(text for text in mail.texts() if "1710" in text)
    assert "400 cases, 400 orders affected" in big
    assert "order-1:" in big
    assert "… and 380 more" in big
    assert desk.rows("select count(*), count(distinct alert_id) from ops.alert_items") == [(401, 2)]


def test_a_flapping_cause_is_not_told_again_within_its_window(desk, mail):
    """What follows gathers and goes out once at the window's end; what has gone by then is not told at all."""
    first = desk.case()
    desk.tell(OPENED)
    for _ in range(5):
        desk.move(first, "vanish")
        desk.later(minutes=5)
        first = desk.case()
        assert desk.tell(OPENED).sent == 0
    desk.later(hours=1)
    assert desk.tell(OPENED).sent == 1
    assert "5 cases, 5 orders affected, 1 still open" in mail.texts()[1]
    desk.later(minutes=5)
    desk.move(desk.case(), "vanish")
    desk.tell(OPENED)
    desk.later(hours=2)
    assert desk.tell(OPENED).suppressed == 1
    assert desk.states() == ["sent", "sent", "suppressed"]


def test_planning_twice_and_sending_twice_tells_once(desk, mail):
    """Each event of a case is an item of one alert a route; a second pass finds nothing."""
    desk.case()
    assert [desk.plan(OPENED), desk.plan(OPENED)] == [1, 0]
    assert [desk.send(OPENED).sent, desk.send(OPENED).sent] == [1, 0]
    assert len(mail.messages) == 1


def test_records_that_break_one_rule_are_one_cause(desk):
    """An unmapped code in forty orders is one alert; another value is another; the value itself is not kept."""
    broken = {"feed": "orders", "rule": "mapped", "field": "carrier", "value": "anna@example.com"}
    for number, value in enumerate(["A", "A", "B"]):
        case_id = desk.case("order_incomplete", owner_queue="customer_service", warehouse_code=None)
        evidence = json.dumps({"set_aside": [broken | {"value": value}]})
        detection = desk.connection.execute(
            """
            insert into ops.detections (exception_code, subject_id, thread_id, since_at, due_at, evidence,
                detected_as_of, detected_by)
            values ('order_incomplete', %s, 't', now(), now(), %s, now(), 'fast') returning detection_id
            """,
            [f"s-{number}", evidence],
        ).fetchone()[0]
        desk.connection.execute(
            "insert into ops.case_symptoms (detection_id, case_id, evidence_mark) values (%s, %s, md5(%s))",
            [detection, case_id, evidence],
        )
    desk.connection.commit()
    assert desk.plan(routes(all={"audience": {"role": "Admin"}, "events": ["case_opened"]})) == 2
    causes = [cause for (cause,) in desk.rows("select cause from ops.alerts")]
    assert all(cause.startswith("order_incomplete/orders carrier mapped/") for cause in causes)


def test_a_route_hears_what_it_asks_for(desk, mail):
    """Queue, role, severity and codes choose; a person's own channel is used where the file names one."""
    chosen = routes(
        people={"anna": "boss"},
        high={"events": ["case_opened"], "minimum_severity": "high"},
        money={"events": ["case_opened"], "audience": {"role": "Finance"}, "codes": ["credit_hold"]},
        own={"events": ["case_assigned"], "audience": {"person": "assignee"}},
    )
    desk.case(severity="medium")
    desk.case("credit_hold", owner_queue="finance", warehouse_code=None)
    desk.case("price_mismatch", owner_queue="finance")
    given = desk.case("delivered_late", owner_queue="customer_service", assignee="anna", carrier_code="DHL")
    assign(desk.connection, given, "anna", by="boris", front_end="cli")
    assign(desk.connection, desk.case(owner_queue="logistics"), None, by="boris", front_end="cli")
    desk.connection.commit()
    assert desk.tell(chosen).sent == 2
    told = {(message["To"], message["Subject"]) for message in mail.messages}
    assert told == {
        ("warehouse@example.com", "[Crossdock] New: Credit hold"),
        ("boss@example.com", "[Crossdock] Given to you: Delivered late, carrier DHL"),
    }


def test_each_turn_of_a_case_has_its_event(desk):
    """Waiting for approval, reopened, resolved, deadline near, deadline missed, approval expiring, command given up."""
    waiting = desk.case(warehouse_code="A")
    desk.move(waiting, "triage", "ask")
    failed = desk.case(warehouse_code="B")
    desk.move(failed, "triage", "act", "fail")
    resolved = desk.case(warehouse_code="C")
    desk.move(resolved, "triage", "act", "verify", "resolve")
    now = datetime.now(UTC)
    near = desk.case(warehouse_code="D", sla_due_at=now + timedelta(minutes=90))
    missed = desk.case(warehouse_code="E", sla_due_at=now - timedelta(minutes=1))
    desk.case(warehouse_code="F", sla_due_at=now - timedelta(days=30))
    desk.plan(routes(all={}))
    events = desk.rows(
        """
        select event, array_agg(distinct case_id) from ops.alerts join ops.alert_items using (alert_id)
        where event <> 'case_opened' group by event
        """
    )
    assert dict(events) == {
        "approval_waiting": [waiting],
        "case_reopened": [failed],
        "case_resolved": [resolved],
        "sla_at_risk": [near],
        "sla_passed": [missed],
    }


def test_an_approval_about_to_expire_and_a_dead_command_are_told(desk, mail):
    """Those who may answer hear of the approval; the owner of the case hears of the command."""
    case_id = desk.case("price_mismatch", owner_queue="finance")
    desk.move(case_id, "triage", "ask")
    make_approval(desk, case_id, expires_in=timedelta(minutes=20))
    make_dead_action(desk, case_id)
    chosen = routes(
        finance={"audience": {"queue": "finance"}, "events": ["approval_waiting", "approval_expiring", "action_dead"]}
    )
    desk.tell(chosen)
    assert sorted(message["Subject"] for message in mail.messages) == [
        "[Crossdock] Approval about to expire: Charged differs from ordered, warehouse 1710",
        "[Crossdock] Command given up: sap_s4.set_item_price, partner erp",
        "[Crossdock] Waiting for approval: Charged differs from ordered, warehouse 1710",
    ]


def make_approval(desk, case_id: int, *, expires_in: timedelta) -> None:
    """A decision and the question that follows from it."""
    desk.connection.execute(
        """
        insert into ops.policies (policy_id, version, mode, content, content_hash, loaded_by)
        values ('p', 1, 'active', '{}', 'x', 'test') on conflict do nothing
        """
    )
    decision = desk.connection.execute(
        """
        insert into ops.decisions (case_id, attempt, policy_id, policy_version, mode, playbook, outcome, candidates,
            inputs, reason, decided_as_of)
        values (%s, 1, 'p', 1, 'active', 'correct_price', 'approval', '[]', '{}', 'r', now()) returning decision_id
        """,
        [case_id],
    ).fetchone()[0]
    desk.connection.execute(
        """
        insert into ops.approvals (case_id, decision_id, attempt, question, proposed_by, may_answer, expires_as_of)
        values (%s, %s, 1, 'May we?', 'crossdock', '{finance}', ref.as_of() + %s)
        """,
        [case_id, decision, expires_in],
    )
    desk.connection.commit()


def make_dead_action(desk, case_id: int) -> None:
    """A command that was tried as often as allowed."""
    desk.connection.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner)
        values ('erp', 'ERP', 'sap_s4', 'erp', 'it') on conflict do nothing
        """
    )
    desk.connection.execute(
        """
        insert into ops.actions (case_id, attempt, step, command, partner_id, payload, idempotency_key, correlation_id)
        values (%s, 1, 1, 'sap_s4.set_item_price', 'erp', '{}', 'k', 'c')
        """,
        [case_id],
    )
    for state in ("approved", "sent", "dead"):
        desk.connection.execute("update ops.actions set state = %s", [state])
    desk.connection.commit()


@pytest.mark.parametrize("old", [False, True])
def test_what_a_backfill_brings_is_kept_and_not_told(desk, mail, old):
    """A case that was wrong long before it was found is no news, unless somebody asks for it."""
    desk.case(since_at=datetime.now(UTC) - timedelta(days=90))
    desk.plan(OPENED, old=old)
    desk.send(OPENED)
    assert len(mail.messages) == old
    assert desk.rows("select state, state_reason from ops.alerts") == [
        ("sent", "taken by e-mail, 1 of 1 recipients")
        if old
        else ("suppressed", "not news: it came by a backfill or replay")
    ]


def test_an_alert_names_the_routes_that_planned_it(desk):
    """The version in force is kept whole; nothing of a connection is in it."""
    desk.case()
    desk.tell(OPENED)
    ((content, version),) = desk.rows(
        "select content, version from ops.alert_routes join ops.alerts using (routes_hash)"
    )
    assert version == 1
    assert content["routes"]["warehouse"]["channel"] == "mail"
    assert SECRET not in json.dumps(content)


def test_a_route_speaks_its_language(desk, mail):
    """German words, times in the route's zone."""
    desk.case(sla_due_at=datetime(2030, 1, 2, 12, tzinfo=UTC))
    desk.tell(routes(lager={"events": ["case_opened"], "language": "de", "zone": "Europe/Berlin"}))
    assert mail.messages[0]["Subject"] == "[Crossdock] Neu: Inventory short pick, warehouse 1710"
    assert "Schweregrad hoch" in mail.texts()[0]
    assert "fällig 2030-01-02 13:00 CET" in mail.texts()[0]
