"""Repairs, failures, crashes, people and the clock in any order: no double effect, no illegal move, no lost case."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from acting_rig import Acting, setting
from crossdock.core.errors import Refused
from crossdock.remediation import actions, approvals
from crossdock.remediation.outbox import Effort
from crossdock.stack.postgres import OWNER, Server
from ledger import Crash

EXAMPLES = 10
EFFORT = Effort(tries=3, first_wait=0, longest_wait=0, lease=0)
FAULTS = ("down", "lost", "no", "bug", "crash before", "crash after")


class Repairs(RuleBasedStateMachine):
    """The product's database, one ledger, and whatever happens to them."""

    server: Server
    template: str

    def __init__(self) -> None:
        super().__init__()
        self._database = f"t_{secrets.token_hex(6)}"
        self._as_superuser(f'create database "{self._database}" template "{self.template}" owner {OWNER}')
        self._folder = tempfile.TemporaryDirectory()
        dsn = {"app": self.server.dsn(self._database, "crossdock_app", self.server.password)}
        self.acting = Acting(dsn, Path(self._folder.name) / "ledger.sqlite")
        self.acting.later(seconds=0)
        self.wanted: dict[int, dict[str, int]] = {}
        """case → object → the value that the last decision wants."""
        self.answers: dict[int, int] = {}
        """approval → how many answers counted."""
        self._count = 0

    def teardown(self) -> None:
        self.acting.close()
        self._folder.cleanup()
        self._as_superuser(f'drop database "{self._database}" with (force)')

    def _as_superuser(self, statement: str) -> None:
        with psycopg.connect(self.server.superuser, autocommit=True) as admin:
            admin.execute(statement)

    @rule(order=st.sampled_from("ab"), steps=st.integers(1, 3), undone=st.booleans(), ask=st.booleans())
    def a_case_is_opened(self, order: str, steps: int, undone: bool, ask: bool) -> None:
        case_id = self.acting.case(order=f"shop-main/order/{order}")
        self._decide(case_id, steps, undone, ask)

    @precondition(lambda self: self._cases("reopened"))
    @rule(data=st.data(), steps=st.integers(1, 3), ask=st.booleans())
    def a_case_is_decided_anew(self, data: st.DataObject, steps: int, ask: bool) -> None:
        self._decide(data.draw(st.sampled_from(self._cases("reopened"))), steps, True, ask)

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4), command=st.sampled_from(("set", "read")))
    def the_next_calls_fail(self, faults: list[str], command: str) -> None:
        self.acting.ledger.order(command, *(faults if command == "set" else ["down"] * len(faults)))

    @rule(limit=st.integers(1, 4))
    def the_outbox_runs(self, limit: int) -> None:
        with suppress(Crash):
            self.acting.send(limit, effort=EFFORT)

    @rule()
    def the_systems_are_read_again(self) -> None:
        before = set(self._cases("resolved", "closed"))
        held = set(self._cases("closed"))
        self.acting.verify()
        for case_id in set(self._cases("resolved", "closed")) - before | set(self._cases("closed")) - held:
            values = {name: self.acting.ledger.value(name) for name in self.wanted[case_id]}
            assert values == self.wanted[case_id], f"case {case_id} counts as repaired, but a system shows {values}"

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def a_system_changes_its_mind(self, data: st.DataObject) -> None:
        case_id = data.draw(st.sampled_from(sorted(self.wanted)))
        self.acting.ledger.put(data.draw(st.sampled_from(sorted(self.wanted[case_id]))), -1)

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def an_exception_clears(self, data: st.DataObject) -> None:
        self.acting.clear(data.draw(st.sampled_from(sorted(self.wanted))))

    @rule(hours=st.sampled_from([1, 8, 30]))
    def time_goes_on(self, hours: int) -> None:
        self.acting.later(hours=hours)
        with self.acting.connect() as connection:
            approvals.expire_due(connection)

    @precondition(lambda self: self.answers)
    @rule(data=st.data(), verdict=st.sampled_from(["approve", "reject"]), by=st.sampled_from(["ada", "bob"]))
    def a_person_answers(self, data: st.DataObject, verdict: str, by: str) -> None:
        approval = data.draw(st.sampled_from(sorted(self.answers)))
        with suppress(Refused), self.acting.connect() as connection:
            approvals.answer(connection, approval, verdict, by, ["Warehouse"], reason="why", front_end="cli")
            self.answers[approval] += 1

    @precondition(lambda self: self._actions("dead"))
    @rule(data=st.data())
    def a_person_retries(self, data: st.DataObject) -> None:
        with suppress(Refused), self.acting.connect() as connection:
            actions.retry(connection, data.draw(st.sampled_from(self._actions("dead"))), "ada", "again")

    @precondition(lambda self: self._actions("approved"))
    @rule(data=st.data())
    def a_person_cancels(self, data: st.DataObject) -> None:
        with suppress(Refused), self.acting.connect() as connection:
            actions.cancel(connection, data.draw(st.sampled_from(self._actions("approved"))), "ada", "no")

    @invariant()
    def no_effect_is_double_or_unrecorded(self) -> None:
        keys = self.acting.ledger.keys()
        assert len(keys) == len(set(keys))
        recorded = {row[0] for row in self.acting.rows("select idempotency_key from ops.actions where tries > 0")}
        assert set(keys) <= recorded

    @invariant()
    def no_move_is_illegal_no_case_is_lost_no_repair_half_done(self) -> None:
        for wrong in (_BROKEN_HISTORY, _LOST, _HALF_DONE):
            assert self.acting.rows(wrong) == []

    @invariant()
    def one_answer_counts_and_it_is_not_the_proposers(self) -> None:
        assert all(count <= 1 for count in self.answers.values())
        assert (
            self.acting.rows("select 1 from ops.approvals where decided_by = proposed_by or decided_by = 'bob'") == []
        )

    def _decide(self, case_id: int, steps: int, undone: bool, ask: bool) -> None:
        self._count += 1
        wanted = {f"c{case_id}-{self._count}-{step}": step for step in range(1, steps + 1)}
        plan = [setting(name, step, step=step, undo=undone) for name, step in wanted.items()]
        if approval := self.acting.decide(case_id, plan, ask=ask, proposed_by="bob"):
            self.answers[approval] = 0
        self.wanted[case_id] = wanted

    def _cases(self, *states: str) -> list[int]:
        rows = self.acting.rows("select case_id from ops.cases where state = any(%s) order by 1", list(states))
        return [row[0] for row in rows]

    def _actions(self, state: str) -> list[int]:
        return [
            row[0] for row in self.acting.rows("select action_id from ops.actions where state = %s order by 1", state)
        ]


_BROKEN_HISTORY = """
select * from (
    select case_id, event, from_state, to_state,
        lag(to_state, 1, '') over (partition by case_id order by event_id) as before
    from ops.case_events where to_state is not null
) as e
where e.from_state <> e.before or not exists (
    select from ref.transitions as t
    where t.machine = 'case' and (t.from_state, t.event, t.to_state) = (e.from_state, e.event, e.to_state)
)
"""
_LOST = """
select c.case_id, c.state, c.next_actor, c.next_action, array_agg(a.state order by a.step)
from ops.cases as c
left join ops.actions as a on a.case_id = c.case_id and a.attempt = c.attempt
group by c.case_id
having case c.state
    when 'acting' then
        not coalesce(bool_or(a.state in ('approved', 'sent', 'compensating')), false)
        and (c.next_actor = 'crossdock' or not coalesce(bool_or(a.compensates is not null and a.state = 'dead'), false))
    when 'awaiting_approval' then
        (select count(*) from ops.approvals as p where p.case_id = c.case_id and p.state = 'waiting') <> 1
    when 'verifying' then bool_or(a.compensates is null and a.state <> 'acknowledged')
    when 'triaged' then c.next_actor = 'crossdock'
    else false
end
"""
_HALF_DONE = """
select c.case_id, c.state, array_agg(a.state order by a.step)
from ops.cases as c
join ops.actions as a using (case_id)
where (c.state <> 'acting' or a.attempt < c.attempt) and a.compensates is null
group by c.case_id, c.state, a.attempt
having bool_or(a.state in ('sent', 'compensating'))
    or (
        bool_or(a.state in ('dead', 'cancelled') or (a.state = 'failed' and a.error_class <> 'Disagreement'))
        and bool_or(a.state in ('acknowledged', 'verified') and a.compensation is not null)
    )
"""


def test_whatever_happens_in_whatever_order(postgres, template):
    """Seeded by hypothesis: a failure is shrunk to the shortest story that shows it."""
    run_state_machine_as_test(
        type("Stories", (Repairs,), {"server": postgres, "template": template}),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
