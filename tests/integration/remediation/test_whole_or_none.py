"""A repair of which a step breaks is taken back, in reverse; what cannot be taken back is put before people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acting_rig import AT_ONCE, making, setting
from crossdock.core.errors import Refused
from crossdock.remediation import actions
from crossdock.remediation.outbox import Sent


def three(acting) -> int:
    """x and y are set, a third step is refused."""
    acting.ledger.put("x", "was x")
    acting.ledger.put("y", "was y")
    plan = [
        setting("x", 1),
        making("d1", step=2),
        setting("y", 2, step=3),
        setting("z", 3, step=4),
        setting("w", 4, step=5),
    ]
    case_id = acting.case()
    acting.decide(case_id, plan)
    acting.send(3)
    acting.ledger.order("set", "no")
    return case_id


def test_what_was_done_is_undone_in_reverse_and_the_rest_is_not_done(acting):
    """Step 4 of five refused: 3, 2, 1 are taken back in this order with what they had found, 5 is never sent."""
    case_id = three(acting)
    acting.send()
    assert acting.ledger.effects()[3:] == [("set", "y"), ("drop", "made-d1"), ("set", "x")]
    assert [acting.ledger.value(name) for name in ("x", "y", "z", "w", "made-d1")] == [
        "was x",
        "was y",
        None,
        None,
        None,
    ]
    assert acting.states(case_id) == ["compensated"] * 3 + ["failed", "cancelled"] + ["acknowledged"] * 3
    assert acting.state(case_id) == "reopened"
    undoings = acting.rows(
        "select a.step, b.step from ops.actions a join ops.actions b on b.action_id = a.compensates order by a.step"
    )
    assert undoings == [(6, 3), (7, 2), (8, 1)]
    reason = acting.row("select reason from ops.case_events where case_id = %s and event = 'fail'", case_id)[0]
    assert reason == "Step 4 of the repair (ledger.set) is failed: the ledger says no"


def test_an_undoing_is_tried_like_anything_else(acting):
    """Flakes while taking back: tried again, one effect each."""
    case_id = three(acting)
    acting.ledger.order("set", "down", "lost")
    acting.ledger.order("drop", "lost")
    acting.send()
    assert acting.ledger.effects()[3:] == [("set", "y"), ("drop", "made-d1"), ("set", "x")]
    assert acting.state(case_id) == "reopened"


@pytest.mark.parametrize("faults", [["no"], ["down", "down"]])
def test_what_cannot_be_taken_back_stops_there_and_is_put_before_people(acting, faults):
    """The undoing of step 2 ends: step 1 stands, and the case is with its queue until a person has it tried again."""
    case_id = three(acting)
    acting.ledger.order("drop", *faults)
    acting.send(effort=replace(AT_ONCE, tries=2))
    assert acting.states(case_id) == [
        "acknowledged", "dead", "compensated", "failed", "cancelled", "acknowledged", "dead",
    ]  # fmt: skip
    assert acting.ledger.value("x") == 1
    assert acting.state(case_id) == "acting"
    who, what = acting.next(case_id)
    assert who == "warehouse"
    assert what.startswith("Step 2 of the repair could not be taken back: the ledger")
    assert acting.send() == Sent()
    dead = acting.row("select action_id from ops.actions where case_id = %s and step = 2", case_id)[0]
    with acting.connect() as connection:
        assert "is sent again" in actions.retry(connection, dead, "ada", "the ledger is mended")
    assert acting.next(case_id) == ("crossdock", "Take step 2 of the repair back again")
    acting.send()
    assert acting.ledger.value("x") == "was x"
    assert acting.state(case_id) == "reopened"
    assert "tried_again" in acting.history(case_id)


def test_a_step_that_nothing_takes_back_is_named(acting):
    """Told is told: the step stays, and the reason says that it does."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1, undo=False), setting("y", 2, step=2)])
    acting.send(1)
    acting.ledger.order("set", "no")
    acting.send()
    assert acting.states(case_id) == ["acknowledged", "failed"]
    reason = acting.row("select reason from ops.case_events where case_id = %s and event = 'fail'", case_id)[0]
    assert reason.endswith("Nothing takes back step 1 (ledger.set)")


def test_a_dead_step_is_taken_back_whole_and_its_case_goes_to_people(acting):
    """Tried as often as allowed: the steps before it are undone first, then its queue sees the case."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1), setting("y", 2, step=2)])
    acting.send(1)
    acting.ledger.order("set", "down", "down")
    acting.send(effort=replace(AT_ONCE, tries=2))
    assert acting.states(case_id) == ["compensated", "dead", "acknowledged"]
    assert acting.ledger.value("x") is None
    assert (acting.state(case_id), acting.next(case_id)[0]) == ("triaged", "warehouse")


def test_a_person_calls_a_repair_off(acting):
    """Cancelling a step that was not sent undoes those before it and gives the case to its queue, with who and why."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1), setting("y", 2, step=2)])
    acting.send(1)
    step = acting.row("select action_id from ops.actions where case_id = %s and step = 2", case_id)[0]
    with acting.connect() as connection:
        with pytest.raises(Refused, match="needs a reason"):
            actions.cancel(connection, step, "ada", "")
        actions.cancel(connection, step, "ada", "the customer called")
    acting.send()
    assert acting.states(case_id) == ["compensated", "cancelled", "acknowledged"]
    assert acting.ledger.value("y") is None
    assert acting.state(case_id) == "triaged"
    assert "cancelled by ada: the customer called" in acting.next(case_id)[1]
    with acting.connect() as connection, pytest.raises(Refused, match="is cancelled"):
        actions.cancel(connection, step, "ada", "again")


def test_another_repair_of_the_order_waits_until_this_one_is_undone(acting):
    """The undoing goes before the next case's step, though it was written down after it."""
    first = three(acting)
    second = acting.case()
    acting.decide(second, [setting("x", "second")])
    acting.send()
    assert acting.state(first) == "reopened"
    assert acting.ledger.effects()[-2:] == [("set", "x"), ("set", "x")]
    assert acting.ledger.value("x") == "second"
