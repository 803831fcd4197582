"""The outbox: what goes out, in which order, how often, and what each answer makes of it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import psycopg
import pytest

from acting_rig import AT_ONCE, PARTNER, making, setting
from crossdock.core.errors import Misconfigured, Refused
from crossdock.remediation import actions, outbox
from crossdock.remediation.outbox import Effort, Sent
from crossdock.remediation.plan import Planned, reply_of
from crossdock.transport.gate import CircuitOpen


def acted(acting, plan, **case) -> int:
    case_id = acting.case(**case)
    acting.decide(case_id, plan)
    return case_id


def test_the_steps_of_a_repair_go_out_in_order_and_then_the_case_is_verified(acting):
    """Each step once, in order, later ones with what earlier ones answered; then the systems are to be read again."""
    made = making("d1")
    filling = replace(setting("x", 0), payload={"id": "x", "value": reply_of(1, "made")})
    case_id = acted(acting, [made, filling, setting("y", 2, step=3)])
    assert acting.send() == Sent(sent=3, acknowledged=3)
    assert acting.ledger.effects() == [("make", "made-d1"), ("set", "x"), ("set", "y")]
    assert acting.ledger.value("x") == "made-d1"
    assert acting.states(case_id) == ["acknowledged"] * 3
    assert acting.state(case_id) == "verifying"
    assert acting.next(case_id) == ("crossdock", "Read every system again")
    assert acting.ledger.keys()[0] == f"case-{case_id}/1/1/ledger.make"
    assert acting.history(case_id).count("acknowledged") == 3
    assert acting.send() == Sent()


def test_nothing_is_sent_before_it_is_allowed(acting):
    """A proposed action stays; so does an approved one whose case is not acting."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)], ask=True)
    assert acting.send() == Sent()
    with acting.connect() as connection:
        assert actions.approve(connection, case_id, 1) == 1
    assert acting.send() == Sent()
    assert acting.ledger.calls() == 0


@pytest.mark.parametrize("fault", ["down", "lost", "bug", "wrong"])
def test_a_flake_is_tried_again_under_the_same_key(acting, fault):
    """Down, lost after the effect, or a mistake of ours: tried again, one effect, the reply of the first call."""
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", fault, fault)
    assert acting.send(1) == Sent(sent=1, retried=1)
    assert acting.states(case_id) == ["approved"]
    assert acting.send() == Sent(sent=2, retried=1, acknowledged=1)
    assert acting.ledger.effects() == [("set", "x")]
    assert acting.ledger.calls("set") == 3
    reply, tries, error = acting.row("select reply, tries, error from ops.actions where case_id = %s", case_id)
    assert (reply, tries, error) == ({"previous": None}, 3, None)


def test_a_business_no_is_never_sent_again(acting):
    """Refused: the action failed, the case is decided anew."""
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", "no")
    assert acting.send() == Sent(sent=1, refused=1)
    assert acting.states(case_id) == ["failed"]
    assert acting.state(case_id) == "reopened"
    assert acting.ledger.calls("set") == 1
    assert acting.send() == Sent()


def test_a_reference_that_leads_nowhere_is_a_no(acting):
    """A step that needs what an earlier one did not answer is not sent; the earlier one is taken back."""
    case_id = acted(acting, [setting("x", 1), replace(setting("y", 2, step=2), payload={"id": reply_of(1, "absent")})])
    assert acting.send() == Sent(sent=3, acknowledged=2, refused=1)
    assert acting.ledger.calls("set") == 2
    assert acting.states(case_id) == ["compensated", "failed", "acknowledged"]


def test_waits_grow_and_are_kept(acting):
    """Exponential with jitter, capped; nothing goes out before its time."""
    effort = Effort(first_wait=40, longest_wait=100, lease=0)
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", *["down"] * 9)
    for least, most in ((20, 40), (40, 80), (50, 100), (50, 100)):
        assert acting.send(effort=effort) == Sent(sent=1, retried=1)
        wait = acting.row(
            "select extract(epoch from next_try_at - clock_timestamp())::float from ops.actions where case_id = %s",
            case_id,
        )[0]
        assert least - 1 <= wait <= most
        assert acting.send(effort=effort) == Sent()
        with acting.connect() as connection:
            connection.execute("update ops.actions set next_try_at = clock_timestamp()")


def test_what_is_turned_away_unread_is_no_try(acting):
    """A partner's 429 is waited for as long as it says; our own open circuit costs nothing either."""
    effort = replace(AT_ONCE, tries=2)
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", "busy")
    assert acting.send(effort=effort) == Sent(sent=1, retried=1)
    wait = acting.row("select extract(epoch from next_try_at - clock_timestamp())::float from ops.actions")[0]
    assert 0 < wait <= 0.5

    def closed(_partner_id):
        raise CircuitOpen("not called for another 30 s")

    time.sleep(0.6)
    for _ in range(5):
        assert outbox.send_ready(acting.connect, 1, closed, effort=effort, workers=1) == Sent(sent=1, retried=1)
    assert acting.row("select tries from ops.actions where case_id = %s", case_id) == (0,)
    assert acting.send(effort=effort) == Sent(sent=1, acknowledged=1)


def test_what_is_only_ever_turned_away_ends_too(acting):
    """An action that no gate lets out for as long as it may last is dead, and a person sees it."""
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", "busy")
    assert acting.send(effort=replace(AT_ONCE, lasts=0)) == Sent(sent=1, dead=1)
    assert acting.next(case_id)[0] == "warehouse"


def test_tried_as_often_as_allowed_is_dead_and_seen_by_a_person(acting):
    """The budget is kept to the call; then the case is with its owner queue, and says which step and why."""
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", *["down"] * 9)
    done = acting.send(effort=replace(AT_ONCE, tries=4))
    assert done == Sent(sent=4, retried=3, dead=1)
    assert acting.ledger.calls("set") == 4
    assert acting.states(case_id) == ["dead"]
    assert acting.state(case_id) == "triaged"
    who, what = acting.next(case_id)
    assert who == "warehouse"
    assert what == "Step 1 of the repair (ledger.set) is dead: the ledger is down"


def test_before_giving_up_the_system_is_read(acting):
    """Done, but every answer was lost: reading finds it; nothing is dead that was done."""
    case_id = acted(acting, [setting("x", 1, undo=False)])
    acting.ledger.order("set", *["lost"] * 9)
    assert acting.send(effort=replace(AT_ONCE, tries=2)) == Sent(sent=2, retried=1, acknowledged=1)
    assert acting.state(case_id) == "verifying"
    assert acting.ledger.effects() == [("set", "x")]


def test_a_person_has_a_dead_step_decided_anew(acting):
    """`actions retry` on a repair that was taken back reopens its case, with who and why in the history."""
    case_id = acted(acting, [setting("x", 1)])
    acting.ledger.order("set", "down")
    acting.send(effort=replace(AT_ONCE, tries=1))
    action_id = acting.row("select action_id from ops.actions where case_id = %s", case_id)[0]
    with acting.connect() as connection:
        with pytest.raises(Refused, match="needs a reason"):
            actions.retry(connection, action_id, "ada", " ")
        assert "decided anew" in actions.retry(connection, action_id, "ada", "the ledger is up again")
    assert acting.state(case_id) == "reopened"
    told = acting.row("select actor, actor_kind, reason from ops.case_events where event = 'retry'")
    assert told == ("ada", "person", "the ledger is up again")


def test_only_the_dead_are_retried(acting):
    """Retrying what lives, or is not there, is refused."""
    case_id = acted(acting, [setting("x", 1)])
    action_id = acting.row("select action_id from ops.actions where case_id = %s", case_id)[0]
    with acting.connect() as connection:
        with pytest.raises(Refused, match="is approved, not dead"):
            actions.retry(connection, action_id, "ada", "because")
        with pytest.raises(Refused, match="there is no action"):
            actions.retry(connection, 999_999, "ada", "because")


def test_repairs_of_one_order_follow_one_another(acting):
    """The later case waits while a step of the earlier one is being tried; another order does not."""
    first = acted(acting, [setting("a", 1), setting("a", 2, step=2)])
    second = acted(acting, [setting("a", 3)])
    other = acted(acting, [setting("b", 1)], order="shop-main/order/2")
    acting.ledger.order("set", "down")
    acting.send(effort=replace(AT_ONCE, first_wait=60, longest_wait=60))
    assert acting.states(first) == ["approved", "approved"]
    assert acting.states(second) == ["approved"]
    assert acting.state(other) == "verifying"
    with acting.connect() as connection:
        connection.execute("update ops.actions set next_try_at = null")
    acting.send()
    assert acting.ledger.effects() == [("set", "b"), ("set", "a"), ("set", "a"), ("set", "a")]
    assert acting.ledger.value("a") == 3


def test_steps_wait_for_each_other_also_without_an_order(acting):
    """A document or a partner can be repaired too: the second step is not sent while the first is being tried."""
    case_id = acting.case()
    with acting.connect() as connection:
        connection.execute("update ops.cases set order_id = null where case_id = %s", [case_id])
    acting.decide(case_id, [setting("a", 1), setting("a", 2, step=2)])
    acting.ledger.order("set", "down")
    acting.send(effort=replace(AT_ONCE, first_wait=60, longest_wait=60))
    assert acting.states(case_id) == ["approved", "approved"]
    assert acting.ledger.effects() == []


def test_two_actions_of_one_order_are_never_out_together(acting):
    """While one is on its way, another of the order is not claimed, whichever was written down first."""
    late = acting.case()
    approval = acting.decide(late, [setting("a", "late")], ask=True)
    early = acted(acting, [setting("a", "early")])
    acting.ledger.order("set", "slow before")
    sender = threading.Thread(target=acting.send)
    sender.start()
    until = time.monotonic() + 5
    while acting.states(early) != ["sent"] and time.monotonic() < until:
        time.sleep(0.01)
    with acting.connect() as connection:
        connection.execute("select ops.move_case(%s, 'approve', 'ada', 'person')", [late])
        actions.approve(connection, late, 1)
        connection.execute(
            "update ops.approvals set state = 'approved', decided_by = 'ada' where approval_id = %s", [approval]
        )
    assert acting.send(effort=Effort()) == Sent()
    sender.join()
    assert acting.ledger.value("a") == "late"


def test_many_workers_send_each_action_once(acting):
    """Two runs of four workers each: every action has one call, one effect."""
    cases = [acted(acting, [setting(f"o{n}", n)], order=f"shop-main/order/{n}") for n in range(30)]
    results = []
    runs = [threading.Thread(target=lambda: results.append(acting.send(effort=Effort(), workers=4))) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sum(results, Sent()) == Sent(sent=30, acknowledged=30)
    assert acting.ledger.calls() == 30
    assert {acting.state(case_id) for case_id in cases} == {"verifying"}


def test_the_limit_is_kept_over_all_workers(acting):
    """No more calls than asked for."""
    for n in range(6):
        acted(acting, [setting(f"o{n}", n)], order=f"shop-main/order/{n}")
    assert acting.send(4, workers=4) == Sent(sent=4, acknowledged=4)
    assert acting.ledger.calls() == 4


def test_an_action_and_all_its_order_share_a_correlation_id(acting):
    """The id under which an order is worked on stays, also over attempts and cases; another order has another."""
    acted(acting, [setting("x", 1), setting("y", 1, step=2)])
    acted(acting, [setting("x", 2)])
    acted(acting, [setting("z", 1)], order="shop-main/order/2")
    ids = [row[0] for row in acting.rows("select correlation_id from ops.actions order by action_id")]
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        ([], "has no step"),
        ([Planned("ledger.set", "nobody", {}, [], None)], "'nobody' cannot be told ledger.set"),
        ([Planned("sap_s4.set_promise", PARTNER, {}, [], None)], "'books' cannot be told sap_s4.set_promise"),
    ],
)
def test_what_cannot_be_sent_is_not_even_proposed(acting, planned, said):
    """An empty plan, an unknown partner, a command in another system's language."""
    case_id = acting.case()
    with acting.connect() as connection, pytest.raises(Misconfigured, match=said):
        actions.propose(connection, case_id, None, 1, None, planned)


def test_the_database_refuses_an_illegal_move(acting):
    """A proposed action cannot become sent, whoever writes it."""
    acting.decide(acting.case(), [setting("x", 1)], ask=True)
    with acting.connect() as connection, pytest.raises(psycopg.Error, match="cannot become sent"):
        connection.execute("update ops.actions set state = 'sent'")
