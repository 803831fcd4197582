"""Whatever the order of detections, drains, moves and people: no case is lost, none moves as it must not."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from crossdock.cases import api
from crossdock.core.errors import Refused

ORDERS = ("1", "2")
FOUND = (
    ("inventory_shortfall", "line"),
    ("inventory_short_pick", "s1#1"),
    ("carrier_handover_late", "s1"),
    ("carrier_cannot_meet_promise", "s2"),
    ("open_past_promise", ""),
    ("price_mismatch", ""),
)
EVENTS = ("triage", "ask", "act", "approve", "reject", "expire", "verify", "fail", "resolve", "disagree", "close")
BY_PEOPLE = {"approve", "reject"}

# Each answers rows that must not be.
NEVER = {
    "an open detection stands in no case, and nothing waits to put it there": """
        select detection_id from ops.detections as d
        where cleared_at is null
            and not exists (select from ops.case_symptoms as s where s.detection_id = d.detection_id)
            and not exists (select from ops.pending_detections as p where p.detection_id = d.detection_id)
    """,
    "a case that is over says why, one that is not does not": """
        select case_id from ops.cases
        where (state in ('closed', 'dismissed')) <> (close_reason is not null)
            or (state = 'dismissed') <> (close_reason is not distinct from 'dismissed')
    """,
    "every move is one of the table, and begins where the last one ended": """
        select e.event_id
        from (
            select *, lag(to_state, 1, '') over (partition by case_id order by event_id) as was
            from ops.case_events where to_state is not null
        ) as e
        left join ref.transitions as t
            on t.machine = 'case' and t.from_state = e.from_state and t.event = e.event and t.to_state = e.to_state
            and t.moved_by in ('either', e.actor_kind)
        where t.event is null or e.from_state <> e.was
    """,
    "what vanished has no open symptom": """
        select c.case_id from ops.cases as c
        join ops.case_symptoms as s on s.case_id = c.case_id
        join ops.detections as d on d.detection_id = s.detection_id
        where c.close_reason = 'vanished' and d.cleared_at is null
    """,
    "who acts next is always said": "select case_id from ops.cases where next_action = '' or next_actor = ''",
    "one exception leads one living case": """
        select lead_code from ops.cases where close_reason is null group by lead_code, subject_id having count(*) > 1
    """,
}
# And these once everything was drained.
NEVER_AT_REST = {
    "a case to which nothing was done has an open symptom": """
        select c.case_id from ops.cases as c
        where c.state in ('open', 'triaged', 'awaiting_approval') and c.attempt = 0 and not exists (
            select from ops.case_symptoms as s join ops.detections as d on d.detection_id = s.detection_id
            where s.case_id = c.case_id and d.cleared_at is null)
    """,
    "what leads such a case is open": """
        select c.case_id from ops.cases as c
        where c.state in ('open', 'triaged', 'awaiting_approval') and c.attempt = 0 and not exists (
            select from ops.case_symptoms as s join ops.detections as d on d.detection_id = s.detection_id
            where s.case_id = c.case_id and d.cleared_at is null
                and d.exception_code = c.lead_code and d.subject_id = c.subject_id)
    """,
    "what cleared was noted": """
        select s.detection_id from ops.case_symptoms as s join ops.detections as d on d.detection_id = s.detection_id
        where s.is_cleared <> (d.cleared_at is not null)
    """,
}


class Cases(RuleBasedStateMachine):
    """A world of two orders; every run has two of its own, in one database."""

    ground = None
    run = 0

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[tuple[str, str, str], int] = {}
        Cases.run += 1
        self.orders = {name: f"run {Cases.run} order {name}" for name in ORDERS}

    @rule(order=st.sampled_from(ORDERS), what=st.sampled_from(FOUND))
    def find(self, order: str, what: tuple[str, str]) -> None:
        """A view finds something, or finds it still with other evidence."""
        code, subject = what
        key = (self.orders[order], code, subject)
        if key in self.open:
            self.ground.changed(self.open[key], seen=len(self.open))
        else:
            self.open[key] = self.ground.found(code, key[0], f"{key[0]}{subject and '/'}{subject}")

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        """A view finds it no more."""
        key = data.draw(st.sampled_from(sorted(self.open)))
        self.ground.cleared(self.open.pop(key))

    @rule(limit=st.sampled_from((1, 2, 1000)))
    def drain(self, limit: int) -> None:
        """A worker takes note of some of it."""
        api.drain(self.ground.app, limit)

    @rule(data=st.data(), event=st.sampled_from(EVENTS))
    def move(self, data: st.DataObject, event: str) -> None:
        """Remediation moves a case, or is refused."""
        with contextlib.suppress(psycopg.Error):
            self.ground.move(self._case(data), event, kind="person" if event in BY_PEOPLE else "system")

    @rule(data=st.data(), is_again=st.booleans())
    def decide(self, data: st.DataObject, is_again: bool) -> None:
        """A person dismisses a case, or wants it looked at after all."""
        act = api.reopen if is_again else api.dismiss
        with contextlib.suppress(Refused):
            act(self.ground.app, self._case(data), "because", by="anna", front_end="cli")

    def _case(self, data: st.DataObject) -> int:
        mine = self.ground.rows(
            "select case_id from ops.cases where thread_id = any(%s) order by 1", list(self.orders.values())
        )
        return data.draw(st.sampled_from([case for (case,) in mine] or [0]))

    @invariant()
    def nothing_is_as_it_must_not_be(self) -> None:
        """What must never be is not, in the middle of anything."""
        assert {why: rows for why, sql in NEVER.items() if (rows := self.ground.rows(sql))} == {}

    def teardown(self) -> None:
        """At rest more can be said, and the history is whole."""
        while api.drain(self.ground.app).claimed:
            pass
        never = NEVER | NEVER_AT_REST
        assert {why: rows for why, sql in never.items() if (rows := self.ground.rows(sql))} == {}
        assert api.verify(self.ground.app) == []


@pytest.mark.slow
def test_random_interleavings_keep_every_promise(ground):
    """Random histories of two orders, their detections cleared and found again between moves and people's decisions."""
    Cases.ground = ground
    run_state_machine_as_test(
        Cases,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
