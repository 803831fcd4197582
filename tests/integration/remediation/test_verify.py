"""Resolved means verified: nothing is resolved or closed while a system shows something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acting_rig import PARTNER, making, move, setting
from crossdock.core import clock
from crossdock.remediation.verify import Verified


def repaired(acting, plan=None, *, clears: bool = True, **decided) -> int:
    """A case whose repair was acknowledged; with `clears` its exception has gone too."""
    case_id = acting.case(
        order=decided.pop("order", "shop-main/order/1"), code=decided.pop("code", "inventory_short_pick")
    )
    acting.decide(case_id, plan or [setting("x", 1)], **decided)
    acting.send()
    if clears:
        acting.clear(case_id)
    return case_id


def readings(acting, case_id: int) -> list[tuple]:
    return acting.rows(
        "select object_id, expected, seen, agrees from ops.verifications where case_id = %s order by verification_id",
        case_id,
    )


def test_a_repair_that_every_system_shows_is_resolved_and_later_closed(acting):
    """Read at once, and once more after the policy's time; each reading is kept with what was expected and seen."""
    case_id = repaired(acting, [setting("x", 1), making("d1", step=2)], holds_for="1 day")
    assert acting.verify() == Verified(resolved=1)
    assert acting.state(case_id) == "resolved"
    assert acting.states(case_id) == ["verified", "verified"]
    assert readings(acting, case_id) == [
        ("x", {"value": 1}, {"value": 1}, True),
        ("made-d1", {"value": "made"}, {"value": "made"}, True),
    ]
    acting.later(hours=23)
    assert acting.verify() == Verified()
    acting.later(hours=2)
    assert acting.verify() == Verified(closed=1)
    assert acting.state(case_id) == "closed"
    assert len(readings(acting, case_id)) == 4
    assert acting.row("select close_reason from ops.cases where case_id = %s", case_id) == ("resolved",)


def test_an_acknowledged_command_proves_nothing(acting):
    """The system took the command and shows something else: the action failed, the case is decided anew."""
    case_id = repaired(acting, [setting("x", 1), setting("y", 2, step=2)])
    acting.ledger.put("y", 99)
    assert acting.verify() == Verified(disagreed=1)
    assert acting.state(case_id) == "reopened"
    assert acting.states(case_id) == ["acknowledged", "failed"]
    error = acting.row("select error from ops.actions where case_id = %s and step = 2", case_id)[0]
    assert error == "object y at books shows {'value': 99}"
    reason = acting.row("select reason from ops.case_events where case_id = %s and event = 'disagree'", case_id)[0]
    assert reason == error


def test_an_object_that_is_not_there_disagrees(acting):
    """What was made and has gone is seen as nothing."""
    case_id = repaired(acting, [making("d1")])
    acting.ledger.do("drop", {"id": "made-d1"}, idempotency_key="somebody else")
    assert acting.verify() == Verified(disagreed=1)
    assert readings(acting, case_id) == [("made-d1", {"value": "made"}, None, False)]


def test_a_repair_that_does_not_hold_comes_back(acting):
    """After the policy's time the system shows something else again: reopened, not closed."""
    case_id = repaired(acting, holds_for="1 hour")
    acting.verify()
    acting.ledger.put("x", 0)
    acting.later(hours=2)
    assert acting.verify() == Verified(returned=1)
    assert acting.state(case_id) == "reopened"


def test_a_safeguard_must_stand_as_long_as_the_exception_is_found(acting):
    """Lifted while the exception stands it has failed; lifted after the exception has gone it is nobody's business."""

    def guarded(order: str, **decided) -> int:
        step = setting("x", 1)
        step = replace(step, target=[one | {"while_found": True} for one in step.target])
        return repaired(acting, [step, setting("y", 1, step=2)], order=order, holds_for="1 hour", **decided)

    lifted = guarded("shop-main/order/1", clears=False)
    acting.ledger.put("x", 0)
    assert acting.verify() == Verified(disagreed=1)
    assert acting.state(lifted) == "reopened"

    held = guarded("shop-main/order/2")
    assert acting.verify() == Verified(resolved=1)
    acting.ledger.put("x", 0)
    acting.later(hours=2)
    assert acting.verify() == Verified(closed=1)
    assert acting.state(held) == "closed"


def test_nothing_is_resolved_while_the_exception_is_still_found(acting):
    """Every system agrees, but the symptom stands: it waits, and is resolved the moment that clears."""
    case_id = repaired(acting, clears=False)
    acting.later(seconds=1)
    assert acting.verify() == Verified(waiting=1)
    assert acting.verify() == Verified()
    assert acting.state(case_id) == "verifying"
    assert "inventory_short_pick is still found" in acting.next(case_id)[1]
    acting.clear(case_id)
    assert acting.verify() == Verified(resolved=1)


def test_an_exception_that_outlives_the_patience_is_a_disagreement(acting):
    """Read since, patience over, still found: a new attempt is decided."""
    case_id = repaired(acting, clears=False, patience="6 hours")
    acting.later(hours=5)
    assert acting.verify() == Verified(waiting=1)
    acting.later(hours=2)
    assert acting.verify() == Verified(disagreed=1)
    assert acting.state(case_id) == "reopened"


def test_each_policy_has_its_own_patience(acting):
    """Of two repairs told at once, the one with less patience is decided anew first."""
    hasty = repaired(acting, clears=False, patience="2 hours")
    calm = repaired(acting, [setting("y", 1)], clears=False, patience="20 hours", order="shop-main/order/2")
    acting.later(hours=3)
    assert acting.verify() == Verified(disagreed=1, waiting=1)
    assert (acting.state(hasty), acting.state(calm)) == ("reopened", "verifying")
    acting.later(hours=18)
    assert acting.verify() == Verified(disagreed=1)


def test_what_people_do_late_gets_the_whole_patience(acting):
    """Solved two days after it was opened: the feeds are read after that, and the exception has its time to go."""
    case_id = repaired(acting, [setting("x", 1, within="7 days")], clears=False, patience="6 hours")
    acting.ledger.put("x", 0)
    acting.later(days=2)
    assert acting.verify() == Verified(waiting=1)
    acting.ledger.put("x", 1)
    acting.later(hours=5)
    assert acting.verify() == Verified(waiting=1)
    assert "inventory_short_pick is still found" in acting.next(case_id)[1]
    acting.later(hours=8)
    assert acting.verify() == Verified(disagreed=1)


def test_an_exception_cannot_clear_before_its_feeds_are_read(acting):
    """The systems' feeds were not read since: it waits; after the patience a person looks, nothing is tried twice."""
    with acting.connect() as connection:
        feed_id = connection.execute(
            "insert into ref.feeds (partner_id, feed, feed_type, contract, mode) "
            "values (%s, 'objects', 'ledger.objects', 'v1', 'poll') returning feed_id",
            [PARTNER],
        ).fetchone()[0]
    case_id = repaired(acting, clears=False, patience="6 hours")
    acting.later(hours=1)
    assert acting.verify() == Verified(waiting=1)
    assert "have not been read since" in acting.next(case_id)[1]
    acting.later(hours=6)
    assert acting.verify() == Verified(lost=1)
    assert acting.state(case_id) == "triaged"
    assert acting.next(case_id)[0] == "warehouse"

    other = repaired(acting, [setting("z", 1)], clears=False, patience="6 hours", order="shop-main/order/2")
    acting.later(hours=7)
    with acting.connect() as connection:
        connection.execute(
            "insert into raw.cursors (feed_id, derived_through_at) values (%s, %s)", [feed_id, clock.read(connection)]
        )
    assert acting.verify() == Verified(disagreed=1)
    assert acting.state(other) == "reopened"


def test_a_fact_is_verified_by_its_target_alone(acting):
    """An exception that no repair can undo stays found; its case is resolved all the same, and closed."""
    case_id = repaired(acting, clears=False, code="delivered_late", playbook="tell_new_date", holds_for="1 hour")
    assert acting.verify() == Verified(resolved=1)
    acting.later(hours=2)
    assert acting.verify() == Verified(closed=1)
    assert acting.state(case_id) == "closed"


def test_a_fact_without_anything_to_read_goes_to_a_person(acting):
    """Neither a target nor an exception that clears: nothing proves it."""
    case_id = repaired(
        acting, [replace(setting("x", 1), target=[])], clears=False, code="delivered_late", playbook="tell_new_date"
    )
    assert acting.verify() == Verified(lost=1)
    assert acting.next(case_id)[0] == "warehouse"


def test_a_system_that_cannot_be_read_is_waited_for(acting):
    """Unreadable is neither yes nor no: looked at again, seldomer; after the patience a person sees it."""
    case_id = repaired(acting, patience="6 hours")
    acting.ledger.order("read", "down")
    acting.later(minutes=1)
    assert acting.verify() == Verified(waiting=1)
    assert readings(acting, case_id) == []
    assert acting.verify() == Verified()
    acting.later(minutes=3)
    assert acting.verify() == Verified(resolved=1)

    other = repaired(acting, [setting("y", 1)], patience="6 hours")
    acting.later(hours=7)
    acting.ledger.order("read", "down")
    assert acting.verify() == Verified(lost=1)
    assert acting.state(other) == "triaged"
    assert "cannot be read: the ledger is down" in acting.next(other)[1]


def test_an_unreadable_system_closes_nothing(acting):
    """A resolved case stays resolved, and open, for as long as a system cannot be read."""
    case_id = repaired(acting, holds_for="1 hour")
    acting.verify()
    acting.later(hours=2)
    acting.ledger.order("read", "down", "no")
    assert acting.verify() == Verified(waiting=1)
    acting.later(days=1)
    assert acting.verify() == Verified(waiting=1)
    assert acting.state(case_id) == "resolved"
    acting.later(days=1)
    assert acting.verify() == Verified(closed=1)


def test_what_may_take_its_time_is_waited_for(acting):
    """A target with `within` disagrees only after that time."""
    case_id = repaired(acting, [setting("x", 1, within="3 hours")])
    acting.ledger.put("x", "not yet")
    acting.later(hours=2)
    assert acting.verify() == Verified(waiting=1)
    assert acting.next(case_id)[0] == "crossdock"
    acting.later(hours=2)
    assert acting.verify() == Verified(disagreed=1)


def test_a_ticket_is_waited_for_until_people_solved_it(acting):
    """While the ticket is open the case is people's; once it is solved the case is resolved."""
    case_id = repaired(acting, [setting("t1", "solved", kind="ticket", within="7 days")])
    acting.ledger.put("t1", "open")
    acting.later(days=2)
    assert acting.verify() == Verified(waiting=1)
    assert acting.next(case_id)[0] == "warehouse"
    acting.ledger.put("t1", "solved")
    acting.later(days=1)
    assert acting.verify() == Verified(resolved=1)


def test_a_later_repair_of_the_same_thing_counts(acting):
    """Another case of the order set the same value anew: the first one still holds as far as it was its own."""
    first = repaired(acting, [setting("x", 1), setting("y", 1, step=2)], holds_for="1 hour")
    assert acting.verify() == Verified(resolved=1)
    second = repaired(acting, [setting("x", 2)], holds_for="1 hour")
    acting.verify()
    acting.later(hours=2)
    assert acting.verify() == Verified(closed=2)
    assert {acting.state(first), acting.state(second)} == {"closed"}


def test_another_orders_repair_excuses_nothing(acting):
    """The same object changed by the repair of another order is a disagreement."""
    case_id = repaired(acting, [setting("x", 1)])
    acting.verify()
    repaired(acting, [setting("x", 2)], order="shop-main/order/2")
    acting.verify()
    acting.later(days=2)
    assert acting.verify() == Verified(returned=1, closed=1)
    assert acting.state(case_id) == "reopened"


def test_many_verifiers_look_at_each_case_once(acting):
    """Four workers: every case is read once and moved once."""
    cases = [repaired(acting, [setting(f"o{n}", n)], order=f"shop-main/order/{n}") for n in range(12)]
    assert acting.verify(workers=4) == Verified(resolved=12)
    assert [len(readings(acting, case_id)) for case_id in cases] == [1] * 12


@pytest.mark.parametrize(
    ("expected", "shown", "agrees"),
    [
        (5, "5.000", True),
        ("10", 10, True),
        (5, "5.001", False),
        (None, None, True),
        ("a", "A", False),
        (True, 1, True),
        ([["10", 5]], [["10", "5.0"]], True),
        ([["10", 5]], [["10", 5], ["20", 1]], False),
        ({"a": 1}, {"a": "1"}, True),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_values_are_compared_as_people_would(acting, expected, shown, agrees):
    """A quantity written as text is the quantity; nothing else is forgiven."""
    repaired(acting, [setting("x", expected)])
    acting.ledger.put("x", shown)
    assert acting.verify() == (Verified(resolved=1) if agrees else Verified(disagreed=1))


def mended(acting, case_id: int) -> None:
    """The exception goes away by itself, and the case is looked at again."""
    acting.clear(case_id)
    with acting.connect() as connection:
        move(connection, case_id, "look_again")


def disagreed(acting, **decided) -> int:
    """A case that was reopened: its system took the command and shows something else."""
    case_id = repaired(acting, [setting("x", 1)], clears=False, **decided)
    acting.ledger.put("x", 99)
    assert acting.verify() == Verified(disagreed=1)
    return case_id


def test_what_clears_after_a_repair_is_read_before_it_is_closed(acting):
    """Reopened, then the exception went away: the system was late and shows the repair; resolved, then closed."""
    case_id = disagreed(acting, holds_for="1 hour")
    acting.ledger.put("x", 1)
    mended(acting, case_id)
    assert acting.verify() == Verified(resolved=1)
    assert acting.states(case_id) == ["verified"]
    acting.later(hours=2)
    assert acting.verify() == Verified(closed=1)
    assert acting.row("select close_reason from ops.cases where case_id = %s", case_id) == ("resolved",)


def test_what_clears_while_a_system_disagrees_goes_to_people(acting):
    """The exception has gone and the system still shows something else: not closed, not repaired again either."""
    case_id = disagreed(acting)
    mended(acting, case_id)
    assert acting.verify() == Verified(lost=1)
    assert acting.state(case_id) == "triaged"
    who, what = acting.next(case_id)
    assert who == "warehouse"
    assert "The exception has gone, but object x at books shows {'value': 99}" in what
