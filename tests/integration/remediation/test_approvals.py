"""Approvals: who may answer, what an answer moves, and that exactly one of many counts."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest

from acting_rig import setting
from crossdock.core.errors import Misconfigured, NotPermitted, Refused
from crossdock.remediation import approvals
from crossdock.remediation.playbooks.planning import as_json

WAREHOUSE = ["Warehouse"]


def asked(acting, **given) -> tuple[int, int]:
    """(case, approval) of a question that waits."""
    case_id = acting.case(order=given.pop("order", "shop-main/order/1"))
    return case_id, acting.decide(case_id, given.pop("plan", [setting("x", 1)]), ask=True, **given)


def answer(acting, approval_id: int, verdict: str = "approve", by: str = "ada", roles=WAREHOUSE, **given) -> str:
    given = {"reason": None, "front_end": "cli"} | given
    with acting.connect() as connection:
        return approvals.answer(connection, approval_id, verdict, by, roles, **given)


def test_a_yes_lets_the_repair_go(acting):
    """Approval, actions and case move together; who, why and where stand in the history."""
    case_id, approval_id = asked(acting)
    assert answer(acting, approval_id, reason="stock is there", front_end="desk") == "acting"
    assert acting.states(case_id) == ["approved"]
    told = acting.row(
        "select actor, actor_kind, reason, data from ops.case_events where case_id = %s and event = 'approve'", case_id
    )
    assert told == ("ada", "person", "stock is there", {"approval_id": approval_id, "front_end": "desk"})
    decided = acting.row("select state, decided_by, front_end, reason, decided_at is not null from ops.approvals")
    assert decided == ("approved", "ada", "desk", "stock is there", True)
    acting.send()
    assert acting.state(case_id) == "verifying"


def test_a_no_needs_a_reason_and_stops_the_repair(acting):
    """Rejected: nothing is ever sent, the case goes to its queue with who and why."""
    case_id, approval_id = asked(acting)
    with pytest.raises(Refused, match="needs a reason"):
        answer(acting, approval_id, "reject", reason="  ")
    assert acting.state(case_id) == "awaiting_approval"
    assert answer(acting, approval_id, "reject", reason="the customer waits") == "triaged"
    assert acting.states(case_id) == ["cancelled"]
    assert acting.next(case_id) == ("warehouse", "ada said no: the customer waits. Decide what to do")
    acting.send()
    assert acting.ledger.calls() == 0


@pytest.mark.parametrize("front_end", ["airflow", "desk", "cli"])
@pytest.mark.parametrize("verdict", ["approve", "reject"])
@pytest.mark.parametrize("by", ["bob", "BOB"])
def test_the_proposer_never_answers(acting, front_end, verdict, by):
    """Four eyes, whichever front end, also for an administrator, however the name is written."""
    case_id, approval_id = asked(acting, proposed_by="bob")
    with pytest.raises(NotPermitted, match="cannot answer it"):
        answer(acting, approval_id, verdict, by=by, roles=["Admin"], reason="mine", front_end=front_end)
    assert acting.state(case_id) == "awaiting_approval"
    assert acting.states(case_id) == ["proposed"]


def test_the_database_keeps_the_four_eyes_too(acting):
    """Whoever writes past the code is refused by the table."""
    asked(acting, proposed_by="bob")
    with acting.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update ops.approvals set state = 'approved', decided_by = 'bob'")


def test_nobody_answers_in_our_name(acting):
    """`crossdock` proposes; it approves nothing."""
    _, approval_id = asked(acting, proposed_by="bob")
    with pytest.raises(NotPermitted):
        answer(acting, approval_id, by="crossdock", roles=["Admin"])


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["Warehouse"], True),
        (["Viewer", "Finance"], True),
        (["Admin"], True),
        (["Viewer"], False),
        (["Logistics"], False),
        ([], False),
    ],
)
def test_people_answer_for_the_queues_of_their_roles(acting, roles, may):
    """The question is for warehouse and compliance, which Finance works."""
    case_id, approval_id = asked(acting, may_answer=("warehouse", "compliance"))
    with acting.connect() as connection:
        assert len(approvals.waiting(connection, roles)) == int(may)
    if may:
        answer(acting, approval_id, roles=roles)
        return
    with pytest.raises(NotPermitted, match="may not answer"):
        answer(acting, approval_id, roles=roles)
    assert acting.state(case_id) == "awaiting_approval"


def test_a_second_answer_is_told_who_was_first(acting):
    """Not silently the same, not silently another."""
    _, approval_id = asked(acting)
    answer(acting, approval_id)
    for verdict in ("approve", "reject"):
        with pytest.raises(Refused, match=rf"approval {approval_id} was already approved by ada at 20\d\d-"):
            answer(acting, approval_id, verdict, by="eve", reason="late")
    with pytest.raises(Refused, match="there is no approval"):
        answer(acting, 999_999)


def test_another_candidate_is_done_instead(acting):
    """The chosen candidate's steps replace the proposed ones; their replies refer to themselves."""
    other = [setting("y", 7), setting("z", 8, step=2)]
    candidates = [
        {"name": "first", "plan": as_json([setting("x", 1)])},
        {"name": "second", "plan": as_json(other)},
        {"name": "third", "plan": as_json(other), "excluded_by": ["too dear"]},
        {"name": "fourth", "plan": []},
    ]
    case_id, approval_id = asked(acting, candidates=candidates)
    for name, why in (("third", "too dear"), ("fourth", "it has no plan"), ("fifth", "there is none of that name")):
        with pytest.raises(Refused, match=why):
            answer(acting, approval_id, chosen=name)
    answer(acting, approval_id, chosen="second")
    assert acting.states(case_id) == ["cancelled", "approved", "approved"]
    acting.ledger.order("set")
    acting.send(1)
    acting.ledger.order("set", "no")
    acting.send()
    assert acting.ledger.effects() == [("set", "y"), ("set", "y")]
    assert acting.row("select chosen from ops.approvals") == ("second",)
    assert acting.row("select data ->> 'chosen' from ops.case_events where event = 'approve'") == ("second",)


def test_nobody_answered_in_time(acting):
    """Expired in business time: the repair is off, the case with its queue, a late answer refused."""
    case_id, approval_id = asked(acting, expires_after=timedelta(hours=2))
    acting.later(hours=1)
    with acting.connect() as connection:
        assert approvals.expire_due(connection) == 0
    acting.later(hours=1)
    with pytest.raises(Refused, match="has expired"):
        answer(acting, approval_id)
    with acting.connect() as connection:
        assert approvals.expire_due(connection) == 1
        assert approvals.expire_due(connection) == 0
    assert acting.state(case_id) == "triaged"
    assert acting.states(case_id) == ["cancelled"]
    assert acting.next(case_id) == ("warehouse", "Nobody answered in time. Decide what to do")


def test_a_moot_question_is_withdrawn(acting):
    """Taken back once; nothing waits, nothing is sent, an answer is refused."""
    case_id, approval_id = asked(acting)
    with acting.connect() as connection:
        assert approvals.withdraw(connection, case_id, "the exception went away")
        assert not approvals.withdraw(connection, case_id, "again")
        assert approvals.waiting(connection) == []
    assert acting.state(case_id) == "triaged"
    assert acting.states(case_id) == ["cancelled"]
    with pytest.raises(Refused, match="is withdrawn"):
        answer(acting, approval_id)


def test_a_question_is_asked_of_somebody_and_once(acting):
    """No queue, an unknown queue, a second question about one case: refused."""
    case_id, _ = asked(acting)
    with acting.connect() as connection:
        decision = connection.execute("select decision_id from ops.decisions").fetchone()[0]
        for queues in ((), ("nobody",)):
            with pytest.raises(Misconfigured, match="nobody works the queues"):
                approvals.ask(connection, case_id, decision, 1, "?", "crossdock", queues, timedelta(hours=1))
        with pytest.raises(Refused, match="waits already"):
            approvals.ask(connection, case_id, decision, 1, "?", "crossdock", ["finance"], timedelta(hours=1))


@pytest.mark.parametrize("round_", range(5))
def test_of_many_answers_at_once_exactly_one_counts(acting, round_):
    """Eight people, half of them saying no, at the same moment: one wins, seven are told."""
    case_id, approval_id = asked(acting)
    together, said = threading.Barrier(8), []

    def say(number: int) -> None:
        together.wait()
        try:
            said.append(answer(acting, approval_id, ("approve", "reject")[number % 2], by=f"p{number}", reason="why"))
        except Refused as error:
            said.append(str(error))

    people = [threading.Thread(target=say, args=(number,)) for number in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    won = [one for one in said if one in ("acting", "triaged")]
    assert len(won) == 1
    assert sum("was already" in one for one in said) == 7
    assert acting.state(case_id) == won[0]
    assert acting.states(case_id) == ["approved" if won == ["acting"] else "cancelled"]
    answers = [event for event in acting.history(case_id) if event in ("approve", "reject")]
    assert len(answers) == 1


@pytest.mark.parametrize("round_", range(5))
def test_an_answer_and_the_clock_at_once(acting, round_):
    """The question expires while it is answered: one of the two, never both, never neither."""
    case_id, approval_id = asked(acting, expires_after=timedelta(hours=1))
    together, results = threading.Barrier(2), {}

    def say() -> None:
        with acting.connect() as connection:
            connection.execute("select set_config('crossdock.as_of', (ref.as_of() - interval '1 day')::text, false)")
            connection.commit()
            together.wait()
            try:
                results["answer"] = approvals.answer(
                    connection, approval_id, "approve", "ada", WAREHOUSE, reason=None, front_end="cli"
                )
            except Refused:
                results["answer"] = None

    def expire() -> None:
        with acting.connect() as connection:
            connection.execute("select set_config('crossdock.as_of', (ref.as_of() + interval '1 day')::text, false)")
            connection.commit()
            together.wait()
            results["expired"] = approvals.expire_due(connection)

    both = [threading.Thread(target=one) for one in (say, expire)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert (results["answer"], results["expired"]) in {("acting", 0), (None, 1)}
    assert acting.state(case_id) == ("acting" if results["answer"] else "triaged")


def test_two_hundred_questions_wait_at_once(acting):
    """All are listed, the most pressing first, and each can be answered."""
    for number in range(200):
        asked(acting, order=f"shop-main/order/{number}", expires_after=timedelta(hours=200 - number))
    with acting.connect() as connection:
        waiting = approvals.waiting(connection, WAREHOUSE)
    assert len(waiting) == 200
    assert waiting == sorted(waiting, key=lambda one: one["expires_as_of"])
    assert waiting[0]["order_id"] == "shop-main/order/199"
    for one in waiting[:3]:
        assert answer(acting, one["approval_id"]) == "acting"


def test_a_question_whose_steps_are_gone_is_not_answered_with_yes(acting):
    """Nothing is left to do: a yes would leave a case acting for ever."""
    case_id, approval_id = asked(acting)
    with acting.connect() as connection:
        connection.execute("update ops.actions set state = 'cancelled'")
    with pytest.raises(Refused, match="has no step left"):
        answer(acting, approval_id)
    assert acting.state(case_id) == "awaiting_approval"
