"""Whoever changes the history behind the product's back is found, the owner of the database included."""

from __future__ import annotations

import psycopg
import pytest

from crossdock.cases import api


@pytest.fixture
def owner(ground) -> psycopg.Connection:
    """The owner of the tables, in three cases' history of twelve events."""
    found = [ground.found("credit_hold", order) for order in "123"]
    ground.drain()
    for one in found:
        ground.move(ground.case_of(one), "triage", "act", "verify")
    with psycopg.connect(ground.dsn["owner"], autocommit=True) as connection:
        yield connection


def unguarded(owner: psycopg.Connection, *statements: str) -> None:
    """What an owner can do who takes the triggers and constraints away first and puts the triggers back."""
    owner.execute("alter table ops.audit_chain drop constraint audit_chain_event_id_fkey")
    for table in ("case_events", "audit_chain"):
        owner.execute(f"alter table ops.{table} disable trigger user")
    for statement in statements:
        owner.execute(statement)
    for table in ("case_events", "audit_chain"):
        owner.execute(f"alter table ops.{table} enable trigger user")


def found(ground) -> set[tuple]:
    """(problem, event) of all that is wrong."""
    return {(row["problem"], row["event_id"]) for row in api.verify(ground.app)}


def test_an_untouched_history_verifies(ground, owner):
    """Twelve events, each as it was written; the head is the last of them."""
    assert api.verify(ground.app) == []
    assert api.head(ground.app)[0] == 12


def test_the_chain_is_in_order_of_commit(ground):
    """Who began first and committed last is sealed last."""
    with psycopg.connect(ground.dsn["app"]) as slow:
        ground.found("credit_hold", "1")
        ground.drain()
        case = ground.cases()[0][0]
        slow.execute("select ops.note_case(%s, 'note', 'slow', 'person')", [case])
        ground.app.execute("select ops.note_case(%s, 'note', 'fast', 'person')", [case])
        slow.commit()
    order = "select actor from ops.audit_chain join ops.case_events using (event_id) order by position"
    assert ground.rows(order) == [("crossdock",), ("fast",), ("slow",)]
    assert api.verify(ground.app) == []


def test_the_owner_is_refused_too(owner):
    """Update, delete and truncate need the trigger taken away first: nobody does it by mistake."""
    for statement in (
        "update ops.case_events set actor = 'x'",
        "delete from ops.audit_chain",
        "truncate ops.audit_heads",
        "truncate ops.case_events cascade",
    ):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(statement)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update ops.case_events set actor = 'x' where event_id = 5", {("changed", 5)}),
        ("update ops.case_events set happened_at = happened_at + '1 us' where event_id = 12", {("changed", 12)}),
        ("update ops.case_events set case_id = 2 where event_id = 12", {("changed", 12), ("moved", 11)}),
        ("delete from ops.case_events where event_id = 5", {("removed", 5)}),
        ("delete from ops.audit_chain where event_id = 5", {("inserted", 5), ("broken", 6)}),
        (
            "insert into ops.case_events (case_id, event, actor, actor_kind, as_of) "
            "values (1, 'x', 'x', 'person', now())",
            {("inserted", 13)},
        ),
        ("update ops.audit_chain set hash = sha256('x') where position = 5", {("changed", 5), ("broken", 6)}),
        ("update ops.audit_chain set position = 99 where position = 12", {("broken", 12)}),
    ],
)
def test_what_an_owner_changes_is_found(ground, owner, statement, expected):
    """A row changed, removed, added or out of its place: named by its event."""
    unguarded(owner, statement)
    problems = found(ground)
    assert expected <= problems
    assert all(row["case_id"] for row in api.verify(ground.app) if row["problem"] in ("changed", "inserted"))


def test_a_case_moved_without_its_history_is_found(ground, owner):
    """The owner closes a case: the history does not say so."""
    owner.execute("alter table ops.cases disable trigger user")
    owner.execute("update ops.cases set state = 'closed', close_reason = 'resolved' where case_id = 2")
    (problem,) = api.verify(ground.app)
    assert (problem["problem"], problem["case_id"]) == ("moved", 2)


def test_a_removed_tail_is_found_by_the_head_that_left(ground, owner):
    """The newest event goes with its seal: the chain is whole, and not what was told to somebody else."""
    ground.app.execute("select ops.note_case(1, 'note', 'x', 'person')")
    kept = api.keep_head(ground.app, "the auditors")
    assert kept == api.head(ground.app)
    unguarded(
        owner, "delete from ops.audit_chain where position = 13", "delete from ops.case_events where event_id = 13"
    )
    assert [(row["problem"], row["position"]) for row in api.verify(ground.app)] == [("rewritten", 13)]


REWRITE = """
do $$
declare
    link record;
    before bytea := '';
begin
    for link in
        select c.position, e from ops.audit_chain as c join ops.case_events as e using (event_id) order by 1
    loop
        update ops.audit_chain set previous_hash = before, hash = ops.event_digest(before, link.e)
        where position = link.position
        returning hash into before;
    end loop;
end $$
"""


def test_a_chain_rewritten_whole_is_found_by_the_head_that_left(ground, owner):
    """An owner who changes an event and computes every seal anew deceives the chain, not whoever kept its head."""
    api.keep_head(ground.app, "the auditors")
    unguarded(owner, "update ops.case_events set actor = 'x' where event_id = 5", REWRITE)
    assert found(ground) == {("rewritten", 12)}
