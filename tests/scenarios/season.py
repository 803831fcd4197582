"""Plays every story in one world: each has an order of its own, and all of them live through the same days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from crossdock.cases import api as cases
from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.remediation import approvals
from crossdock_lab import db as lab_db
from crossdock_lab.world import choose
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.faults import KINDS
from crossdock_lab.world.inject import inject, sell_out
from crossdock_lab.world.plan import Plan
from rig import Rig
from scenarios.story import Given, OrderWanted, Person, Story

CONFIG = WorldConfig(seed=11, orders_per_day=300, fault_share=0, lookalike_share=0, days=1)
STEP_HOURS = 4
DAYS = 11
SHORT = {name for name, kind in KINDS.items() if {"inventory_short_pick", "inventory_shortfall"} & {*kind.codes}}
"""Faults that are mended with stock from elsewhere."""
STATES = """
select order_line_id, order_id, backordered_qty,
    cancelled_qty + backordered_qty + shipped_qty <= ordered_qty
    and backordered_qty + least(allocated_qty, confirmed_qty) <= ordered_qty
    and delivered_qty <= shipped_qty and shipped_qty <= packed_qty and packed_qty <= picked_qty
    and backordered_qty >= 0 and cancelled_qty >= 0
from canonical.order_lines where order_id = any(%s)
"""


@dataclass
class Played:
    """What came of one story."""

    order_id: str
    fulfillment: str | None = None
    backordered: str | None = None
    found: list[str] = field(default_factory=list)
    cases: list[dict] = field(default_factory=list)


class Season:
    """All stories, each cast with an order, and the days they live through."""

    def __init__(self, system: Rig, stories: list[Story]) -> None:
        self.system, self.stories = system, stories
        self.orders: dict[str, str] = {}
        self.done: set[tuple[str, int]] = set()
        self.waited: set[str] = set()
        self.wrong_sums: set[str] = set()

    def play(self) -> None:
        """Cause every fault, then let the days pass; people answer as their stories say."""
        self._cast()
        for _ in range(round(DAYS * 24 / STEP_HOURS)):
            self.system.step(hours=STEP_HOURS)
            self.system.catch_up()
            if self._people():
                self.system.catch_up()
            self._look()

    def _cast(self) -> None:
        """Give every story the first order that fits and that no other story has; what is sold out, no other needs."""
        free = [choose.plan_of(CONFIG, number) for _, number in choose.arrivals(CONFIG, 0)]
        needed: set[str] = set()
        with lab_db.connect(self.system.lab_dsn) as lab:
            for story in sorted(self.stories, key=lambda story: story.given.sold_out_for_days is not None):
                given = story.given
                fitting = (plan for plan in free if _fits(plan, given) and not (_sold_out(plan, given) & needed))
                plan = next(fitting, None)
                assert plan, f"no order of the world fits {story.name}: ask less of it, or choose another seed"
                free.remove(plan)
                needed |= _items(plan) if given.fault in SHORT else set()
                inject(lab, given.fault, order=plan.order.number)
                if sold_out := _sold_out(plan, given):
                    sell_out(lab, sold_out, timedelta(days=given.sold_out_for_days))
                self.orders[story.name] = plan.order.order_id

    def _look(self) -> None:
        """Take note of which orders wait for stock, and of lines whose quantities do not add up."""
        for line_id, order_id, backordered_qty, adds_up in self.system.rows(STATES, list(self.orders.values())):
            self.waited |= {order_id} if backordered_qty else set()
            self.wrong_sums |= set() if adds_up else {line_id}

    def _people(self) -> bool:
        """Let everybody do what is theirs to do by now; return whether anybody did."""
        acted = False
        for story in self.stories:
            for number, person in enumerate(story.given.people):
                if (story.name, number) not in self.done and self._act(story, person):
                    self.done.add((story.name, number))
                    acted = True
        return acted

    def _act(self, story: Story, person: Person) -> bool:
        order_id = self.orders[story.name]
        with connect("people", conninfo=self.system.dsn["app"], autocommit=True) as connection:
            if person.does == "dismiss":
                return _dismiss(connection, order_id, person)
            row = connection.execute(
                """select approval_id from ops.approvals as a join ops.cases as c using (case_id)
                   where c.order_id = %s and a.state = 'waiting'""",
                [order_id],
            ).fetchone()
            if row is None or person.does == "nothing":
                return False
            with suppress(Refused):  # by somebody who may not: the story says what is to come of it
                approvals.answer(
                    connection, row[0], person.does, person.name, [person.role], reason=person.reason, front_end="cli"
                )
            return True

    def played(self, story: Story) -> Played:
        """What the product's own tables say of the story's order, in the end."""
        order_id = self.orders[story.name]
        played = Played(order_id, *self._state(order_id))
        played.found = sorted(
            {
                code
                for (code,) in self.system.rows(
                    "select exception_code from ops.detections where order_id = %s", order_id
                )
            }
        )
        for case_id, lead, state, reason, playbook in self.system.rows(
            "select case_id, lead_code, state, close_reason, playbook from ops.cases where order_id = %s order by 1",
            order_id,
        ):
            played.cases.append(
                {"case_id": case_id, "lead": lead, "state": state, "close_reason": reason, "playbook": playbook}
                | self._of_case(case_id)
            )
        return played

    def _state(self, order_id: str) -> tuple[str | None, str | None]:
        """What has become of the order, and how long a part of it waited for stock."""
        fulfillment, waits = self.system.rows(
            """select o.fulfillment_status_code, (
                   select bool_or(l.backordered_qty > 0) from canonical.order_lines as l where l.order_id = o.order_id)
               from canonical.orders as o where o.order_id = %s""",
            order_id,
        )[0]
        return fulfillment, "to the end" if waits else "for a while" if order_id in self.waited else None

    def _of_case(self, case_id: int) -> dict:
        decision = self.system.rows(
            """select outcome, chosen, playbook from ops.decisions where case_id = %s and mode = 'active'
               order by decision_id limit 1""",
            case_id,
        )
        commands = self.system.rows(
            """select command from ops.actions where case_id = %s and compensates is null
                   and state in ('acknowledged', 'verified') order by attempt, step""",
            case_id,
        )
        answers = self.system.rows(
            "select state from ops.approvals where case_id = %s order by approval_id desc limit 1", case_id
        )
        return {
            "outcome": decision[0][0] if decision else None,
            "chosen": decision[0][1] if decision else None,
            "decided": decision[0][2] if decision else None,
            "commands": [command for (command,) in commands],
            "approval": answers[0][0] if answers else None,
            "history": self.system.rows(
                "select as_of::text, event, to_state, reason from ops.case_events where case_id = %s order by event_id",
                case_id,
            ),
        }

    def repaired(self, story: Story) -> bool:
        """Whether, by the lab's truth, nothing is wrong with the order any more."""
        with psycopg.connect(self.system.lab_dsn) as lab:
            row = lab.execute(
                "select bool_and(is_repaired) from truth.faults where subject_id = %s", [self.orders[story.name]]
            ).fetchone()
        return bool(row[0])


def _dismiss(connection: psycopg.Connection, order_id: str, person: Person) -> bool:
    rows = connection.execute(
        """select case_id from ops.cases where order_id = %s
               and state in ('open', 'triaged', 'awaiting_approval', 'reopened')""",
        [order_id],
    ).fetchall()
    for (case_id,) in rows:
        cases.dismiss(connection, case_id, person.reason, by=person.name, front_end="cli")
    return bool(rows)


def _items(plan: Plan) -> set[str]:
    return {line.item.sku for line in plan.order.lines}


def _sold_out(plan: Plan, given: Given) -> set[str]:
    return _items(plan) if given.sold_out_for_days else set()


def _fits(plan: Plan, given: Given) -> bool:
    kind = KINDS[given.fault]
    return not plan.fault and kind.fits(plan) and all(_wanted(plan, given.order))


def _wanted(plan: Plan, wanted: OrderWanted) -> Iterator[bool]:
    order = plan.order
    yield wanted.channel in (None, order.channel)
    yield wanted.tier in (None, order.customer.tier)
    yield wanted.lines_at_least <= len(order.lines) <= wanted.lines_at_most
    yield wanted.deliveries in (None, len(plan.legs))
    yield wanted.value_from <= order.total_amount < wanted.value_below
    yield wanted.regulated in (None, any(line.item.is_regulated for line in order.lines))
