"""Who may change what: state only through the guard, history not at all."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from crossdock.cases import api
from crossdock.core.errors import Refused

FORBIDDEN_TO_APP = [
    "update ops.cases set state = 'closed', close_reason = 'resolved'",
    "update ops.cases set attempt = 0",
    "update ops.cases set close_reason = null",
    "delete from ops.cases",
    "truncate ops.cases cascade",
    "insert into ops.cases (state, lead_code, subject_id, thread_id, title, severity, owner_queue, next_action, "
    "next_actor, since_at, sla_due_at, opened_as_of) values ('closed', 'credit_hold', 'x', 'x', 'x', 'low', 'finance', "
    "'x', 'x', now(), now(), now())",
    "insert into ops.case_events (case_id, event, actor, actor_kind, as_of) values (1, 'note', 'x', 'person', now())",
    "update ops.case_events set actor = 'somebody'",
    "delete from ops.case_events",
    "truncate ops.case_events",
    "insert into ops.audit_chain values (99, 99, '', '')",
    "update ops.audit_chain set hash = ''",
    "delete from ops.audit_chain",
    "delete from ops.audit_heads",
    "update ops.audit_heads set hash = ''",
    "delete from ops.case_symptoms",
    "insert into ref.transitions values ('case', 'open', 'skip', 'closed', 'system', 'No.')",
    "update ref.transitions set moved_by = 'either'",
    "delete from ref.transitions",
    "alter table ops.case_events disable trigger all",
    "set session_replication_role = replica",
    "create or replace function ops.guard_state() returns trigger language plpgsql as 'begin return new; end'",
]
FORBIDDEN_TO_READERS = [
    "select ops.move_case(1, 'triage', 'x', 'system')",
    "select ops.note_case(1, 'note', 'x', 'person')",
    "update ops.cases set title = ''",
    "insert into ops.case_symptoms (detection_id, case_id, evidence_mark) values (1, 1, '')",
    "delete from ops.pending_detections",
    "update ops.approvals set state = 'approved'",
    "update ops.actions set state = 'verified'",
]


@pytest.fixture
def case(ground) -> int:
    """An open case."""
    found = ground.found("credit_hold")
    ground.drain()
    return ground.case_of(found)


def refused(dsn: str, statements: list[str]) -> list[str]:
    """Those of the statements that the role may not do."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return [sql for sql in statements if is_refused(connection, sql)]


def is_refused(connection: psycopg.Connection, sql: str) -> bool:
    try:
        connection.execute(sql)
    except InsufficientPrivilege:
        return True
    return False


def test_the_product_cannot_go_round_its_guards(ground, case):
    """What works for us may move a case through `ops.move_case` and in no other way."""
    assert refused(ground.dsn["app"], FORBIDDEN_TO_APP) == FORBIDDEN_TO_APP


@pytest.mark.parametrize("role", ["auditor", "dbt", "bi_reader"])
def test_who_reads_changes_nothing(ground, case, role):
    """Auditor, dbt and BI move no case and write nothing."""
    assert refused(ground.dsn[role], FORBIDDEN_TO_READERS) == FORBIDDEN_TO_READERS


def test_the_auditor_reads_and_verifies(ground, case):
    """Everything that the proof needs, in the role that can change none of it."""
    with psycopg.connect(ground.dsn["auditor"]) as auditor:
        assert api.verify(auditor) == []
        assert auditor.execute("select count(*) from ops.case_events").fetchone() == (1,)


def test_every_table_of_states_is_enforced(ground, case):
    """For every state that a case can be in, exactly the events of the table move it, by exactly whom it says."""
    transitions = ground.rows(
        "select from_state, event, to_state, moved_by from ref.transitions where machine = 'case'"
    )
    path = {"": ()}
    while reached := [t for t in transitions if t[0] in path and t[2] not in path]:
        before, event, after, by = reached[0]
        path[after] = (*path[before], (event, "person" if by == "person" else "system"))
    events = {event for _, event, _, _ in transitions if event != "open"}
    allowed = {(before, event): (after, by) for before, event, after, by in transitions}
    for state in path.keys() - {""}:
        for event in events:
            for kind in ("system", "person"):
                after, by = allowed.get((state, event), (None, None))
                assert tried(ground, case, path[state][1:], event, kind) == (after if by in (kind, "either") else None)


def tried(ground, case: int, way: tuple, event: str, kind: str) -> str | None:
    """Where the case ends, taken the way and then moved by the event; None when the guard refuses. All rolled back."""
    with ground.app.transaction(force_rollback=True):
        for one, by in way:
            ground.app.execute("select ops.move_case(%s, %s, 'x', %s, 'why')", [case, one, by])
        try:
            row = ground.app.execute("select ops.move_case(%s, %s, 'x', %s, 'why')", [case, event, kind])
            return row.fetchone()[0]
        except psycopg.Error as error:
            return {"CD001": None}[error.sqlstate]


def test_a_move_fills_what_goes_with_it(ground, case):
    """Attempts are counted when acting begins; resolved_at is there while it is resolved."""
    row = "select state, attempt, acted_at is not null, resolved_at is not null, close_reason from ops.cases"
    ground.move(case, "triage", "act", "verify", "resolve")
    assert ground.rows(row) == [("resolved", 1, True, True, None)]
    ground.move(case, "return", "triage", "act")
    assert ground.rows(row) == [("acting", 2, True, False, None)]
    ground.move(case, "verify", "resolve", "close")
    assert ground.rows(row) == [("closed", 2, True, True, "resolved")]


def test_a_note_cannot_pass_for_a_move(ground, case):
    """An entry named for a transition is refused: the history would say what never happened."""
    with pytest.raises(psycopg.Error, match="is a move, not a note"):
        ground.app.execute("select ops.note_case(%s, 'close', 'x', 'system')", [case])


def test_a_temporary_type_does_not_fool_the_guard(ground, case):
    """Functions with the owner's rights look into the system's schema first, whatever the caller has made."""
    ground.app.execute("create temp table text (x int)")
    ground.app.execute("create temp table cases (x int)")
    ground.move(case, "triage")
    assert ground.cases() == [(case, "credit_hold", "triaged")]


def test_people_assign_write_and_dismiss_under_their_name(ground, case):
    """Each act stands in the history with who, why and through which front end."""
    api.assign(ground.app, case, "anna", by="boris", front_end="cli")
    api.note(ground.app, case, "called the bank", by="anna", front_end="desk")
    api.assign(ground.app, case, None, by="anna", front_end="desk")
    api.dismiss(ground.app, case, "paid in cash", by="anna", front_end="cli")
    api.reopen(ground.app, case, "the cash was false", by="boris", front_end="cli")
    told = ground.rows(
        "select event, actor, actor_kind, reason, data ->> 'front_end' from ops.case_events order by event_id offset 1"
    )
    assert told == [
        ("assign", "boris", "person", "to anna", "cli"),
        ("note", "anna", "person", "called the bank", "desk"),
        ("assign", "anna", "person", "back to the queue", "desk"),
        ("dismiss", "anna", "person", "paid in cash", "cli"),
        ("reopen", "boris", "person", "the cash was false", "cli"),
    ]
    assert ground.rows("select assignee, state, next_actor from ops.cases") == [(None, "reopened", "crossdock")]


def test_refusals_are_readable(ground, case):
    """No such case, no reason, not from here, a newer case: each says so, and nothing is changed."""
    for message, act in {
        "there is no case 999": lambda: api.dismiss(ground.app, 999, "x", by="a", front_end="cli"),
        "needs a reason": lambda: api.dismiss(ground.app, case, " ", by="a", front_end="cli"),
        "it cannot reopen": lambda: api.reopen(ground.app, case, "x", by="a", front_end="cli"),
        "a note needs a text": lambda: api.note(ground.app, case, " ", by="a", front_end="cli"),
    }.items():
        with pytest.raises(Refused, match=message):
            act()
    api.dismiss(ground.app, case, "x", by="a", front_end="cli")
    ground.cleared(ground.rows("select detection_id from ops.case_symptoms")[0][0])
    ground.found("credit_hold")
    ground.drain()
    with pytest.raises(Refused, match="a newer case of the same exception is open"):
        api.reopen(ground.app, case, "x", by="a", front_end="cli")
    assert [state for *_, state in ground.cases()] == ["dismissed", "open"]
