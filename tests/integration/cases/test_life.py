"""What the world does to a case: its symptoms clear, come back, change; nobody has to be told twice."""

from __future__ import annotations

import threading

import psycopg
import pytest
from psycopg.types.json import Jsonb

from crossdock.cases.api import drain
from crossdock.db.connect import connect

LEAD_TO = {
    "open": (),
    "triaged": ("triage",),
    "awaiting_approval": ("triage", "ask"),
    "acting": ("triage", "act"),
    "verifying": ("triage", "act", "verify"),
    "resolved": ("triage", "act", "verify", "resolve"),
    "reopened": ("triage", "act", "fail"),
}


def decided(ground, case: int) -> None:
    """A decision of a policy with its question and one proposed action."""
    ground.app.execute(
        "insert into ref.partners (partner_id, name, system_type, role_code, owner) "
        "values ('erp', 'ERP', 'sap_s4', 'erp', 'o')"
    )
    ground.app.execute(
        "insert into ops.policies (policy_id, version, content_hash, content, mode, loaded_by) "
        "values ('p', 1, '', '{}', 'active', 'test')"
    )
    (decision,) = ground.app.execute(
        """
        insert into ops.decisions (case_id, attempt, policy_id, policy_version, mode, playbook, outcome, candidates,
            inputs, reason, decided_as_of)
        values (%s, 1, 'p', 1, 'active', 'b', 'approval', '[]', '{}', 'because', ref.as_of()) returning decision_id
        """,
        [case],
    ).fetchone()
    ground.app.execute(
        """
        insert into ops.actions (case_id, decision_id, attempt, step, command, partner_id, payload, idempotency_key,
            correlation_id)
        values (%s, %s, 1, 1, 'sap_s4.set_promise', 'erp', %s, 'k', 'c')
        """,
        [case, decision, Jsonb({})],
    )
    ground.app.execute(
        """
        insert into ops.approvals (case_id, decision_id, attempt, question, proposed_by, may_answer, expires_as_of)
        values (%s, %s, 1, 'May we?', 'crossdock', '{finance}', ref.as_of())
        """,
        [case, decision],
    )


@pytest.mark.parametrize("state", ["open", "triaged", "reopened"])
def test_a_case_vanishes_when_all_of_it_has_cleared(ground, state):
    """Not with the first symptom, with the last; closed as vanished and not as resolved."""
    cause, symptom = ground.found("inventory_shortfall", subject="1/1"), ground.found("open_past_promise")
    ground.drain()
    case = ground.case_of(cause)
    ground.move(case, *LEAD_TO[state])
    ground.cleared(symptom)
    assert ground.drain().vanished == 0
    ground.cleared(cause)
    assert ground.drain().vanished == 1
    row = "select state, close_reason, next_action, closed_at is not null from ops.cases"
    assert ground.rows(row) == [("closed", "vanished", "Nothing", True)]
    assert ground.history(case)[-3:] == ["cleared", "cleared", "vanish"]


@pytest.mark.parametrize("state", ["acting", "verifying", "resolved"])
def test_what_is_being_repaired_is_left_to_those_who_verify(ground, state):
    """The exception has gone; whether every system agrees is not known yet."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, *LEAD_TO[state])
    ground.cleared(found)
    done = ground.drain()
    assert (done.cleared, done.vanished) == (1, 0)
    assert ground.cases() == [(case, "credit_hold", state)]


def test_a_question_that_is_moot_is_withdrawn(ground):
    """Waiting for an answer, the exception clears: nobody is asked any more and nothing will be sent."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, "triage", "ask")
    decided(ground, case)
    ground.cleared(found)
    ground.drain()
    assert ground.history(case) == ["open", "triage", "ask", "cleared", "withdraw", "vanish"]
    assert ground.rows("select state from ops.approvals") == [("withdrawn",)]
    assert ground.rows("select state from ops.actions") == [("cancelled",)]


def test_a_question_about_another_exception_is_withdrawn(ground):
    """The cause was found while a person was asked about the symptom: it is decided anew."""
    found = ground.found("open_past_promise")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, "triage", "ask")
    decided(ground, case)
    ground.found("compliance_hold")
    ground.drain()
    assert ground.history(case)[-4:] == ["symptom", "lead", "withdraw", "change"]
    assert ground.cases() == [(case, "compliance_hold", "open")]
    assert ground.rows("select state from ops.approvals") == [("withdrawn",)]


def test_a_resolved_case_comes_back(ground):
    """The same exception is found again before the repair has held: the case is reopened, not another opened."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, *LEAD_TO["resolved"])
    ground.cleared(found)
    ground.drain()
    ground.found("credit_hold")
    assert ground.drain().returned == 1
    assert ground.cases() == [(case, "credit_hold", "reopened")]
    assert ground.rows("select next_action, next_actor from ops.cases") == [("Decide what to do", "crossdock")]


def test_a_closed_case_stays_closed(ground):
    """What comes back after the repair has held is another case."""
    found = ground.found("credit_hold")
    ground.drain()
    ground.move(ground.case_of(found), *LEAD_TO["resolved"], "close")
    ground.cleared(found)
    ground.found("credit_hold")
    assert ground.drain().opened == 1
    assert [state for *_, state in ground.cases()] == ["closed", "open"]


def test_what_comes_back_while_somebody_acts_joins_what_they_act_on(ground):
    """Cleared and found again in the middle of a repair: the same case, told of it."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, "triage", "act")
    ground.cleared(found)
    ground.drain()
    again = ground.found("credit_hold")
    ground.drain()
    assert ground.case_of(again) == case
    assert ground.history(case) == ["open", "triage", "act", "cleared", "symptom"]


def test_a_failed_repair_of_what_has_gone_vanishes(ground):
    """Cleared while acting, then a step failed and was taken back: nothing is left to do."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, "triage", "act")
    ground.cleared(found)
    ground.drain()
    ground.move(case, "fail")
    assert ground.drain().vanished == 1


@pytest.mark.parametrize("state", ["triaged", "reopened"])
def test_what_clears_after_a_repair_is_looked_at_again(ground, state):
    """Something that we did still stands: the case is not closed, the systems are read again at once."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    decided(ground, case)
    ground.move(case, "triage", "act", "verify", "disagree", *(["triage"] if state == "triaged" else []))
    ground.app.execute("update ops.actions set state = 'approved'")
    ground.app.execute("update ops.actions set state = 'sent'")
    ground.app.execute("update ops.actions set state = 'acknowledged'")
    ground.app.execute("update ops.cases set next_at = ref.as_of() + interval '1 day', next_actor = 'finance'")
    ground.cleared(found)
    assert ground.drain().vanished == 0
    assert ground.cases() == [(case, "credit_hold", "verifying")]
    assert ground.history(case)[-2:] == ["cleared", "look_again"]
    row = "select next_actor, next_action, next_at from ops.cases"
    assert ground.rows(row) == [("crossdock", "Read every system again", None)]


def test_what_was_taken_back_may_vanish(ground):
    """The repair was undone, or never sent: nothing of ours stands, and nothing need be read."""
    found = ground.found("credit_hold")
    ground.drain()
    case = ground.case_of(found)
    decided(ground, case)
    ground.move(case, "triage", "act", "fail")
    ground.app.execute("update ops.actions set state = 'cancelled'")
    ground.cleared(found)
    assert ground.drain().vanished == 1


def test_a_repair_with_which_a_system_disagrees_does_not_vanish(ground):
    """The exception has gone and one system says otherwise: that is not the world mending itself."""
    found = ground.found("credit_hold")
    ground.drain()
    ground.move(ground.case_of(found), "triage", "act", "verify")
    ground.cleared(found)
    ground.drain()
    ground.move(ground.case_of(found), "disagree")
    assert ground.drain().vanished == 0
    ground.found("price_mismatch")
    assert ground.drain().vanished == 0


def test_what_cleared_before_anybody_looked_opens_nothing(ground):
    """A flicker between two drains."""
    found = ground.found("credit_hold")
    ground.cleared(found)
    assert ground.drain().claimed == 1
    assert ground.cases() == []


def test_a_dismissed_exception_opens_no_second_case(ground):
    """A person said that nothing need be done: changed evidence does not bring it back."""
    found = ground.found("credit_hold", holds=[1])
    ground.drain()
    case = ground.case_of(found)
    ground.move(case, "dismiss", kind="person")
    ground.changed(found, holds=[1, 2])
    ground.drain()
    assert ground.cases() == [(case, "credit_hold", "dismissed")]


def test_two_at_once_take_every_detection_once(ground):
    """Four workers drain two hundred orders in small portions: each detection in one case, each order in one."""
    with ground.app.transaction():
        for n in range(200):
            ground.found("credit_hold", str(n))
            ground.found("open_past_promise", str(n))
    errors: list[Exception] = []

    def work() -> None:
        try:
            with connect("test", conninfo=ground.dsn["app"], autocommit=True) as connection:
                while drain(connection, limit=7).claimed:
                    pass
        except psycopg.Error as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert errors == []
    assert ground.rows("select count(*), count(distinct thread_id) from ops.cases where close_reason is null") == [
        (200, 200)
    ]
    assert ground.rows("select count(*) from ops.case_symptoms") == [(400,)]


def test_a_drain_that_dies_leaves_everything_waiting(ground):
    """Killed before it commits, nothing has happened; the next one does all of it."""
    ground.found("credit_hold")
    with psycopg.connect(ground.dsn["app"]) as dying:
        dying.execute("select 1")  # the drain is part of this transaction
        assert drain(dying).opened == 1
        ground.app.execute("select pg_terminate_backend(%s)", [dying.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            dying.execute("select 1")
    assert ground.cases() == []
    assert ground.drain().opened == 1


def test_who_listens_is_told_when_cases_change(ground):
    """`crossdock` is notified with `cases` by a drain that changed any, not by one that did not."""
    with connect("ears", conninfo=ground.dsn["app"], autocommit=True) as ears:
        ears.execute("listen crossdock")
        ground.found("credit_hold")
        ground.drain()
        told = [n.payload for n in ears.notifies(timeout=2, stop_after=2)]
        ground.drain()
        assert (told, list(ears.notifies(timeout=0.3))) == (["pending_detections", "cases"], [])
