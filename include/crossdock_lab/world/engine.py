"""The world, worked out step by step: the same configuration gives the same world, however it is cut into advances.

Plans are pure functions of configuration, order number and what was done to the order from outside, so the world can
be stopped anywhere: on opening, the plans of the orders still alive are drawn again and what they have already shown is
left out. Only stock, faults caused by hand, and what was written from outside are kept as state.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core.errors import Misconfigured
from crossdock_lab.clock import Clock
from crossdock_lab.truth import ledger
from crossdock_lab.truth.ledger import INSTANT
from crossdock_lab.world import choose, desk, repairs, show
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.corrections import corrections
from crossdock_lab.world.edi_partner import EdiPartner
from crossdock_lab.world.interventions import Interventions
from crossdock_lab.world.plan import DAY, Amend, Plan
from crossdock_lab.world.show import Change, Drop, Move, Step
from crossdock_lab.world.stock import Stock
from crossdock_lab.world.store import Batch
from crossdock_lab.world.waste import Harm

Due = tuple[datetime, str, int, Step]
OPEN_TICKETS = """
select object_id, created_at from lab.objects as t
where system = 'zendesk' and kind = 'tickets' and order_id is null and not deleted
    and (body || overlay) ->> 'status' not in ('solved', 'closed')
    and not exists (
        select from lab.interventions as i where i.kind = 'ticket' and i.params ->> 'ticket_id' = t.object_id)
order by object_id
"""


def create(connection: psycopg.Connection, config: WorldConfig) -> World:
    """Begin a new world in an empty lab database: stock on the shelves, no orders yet. Commits."""
    connection.execute("insert into lab.world (config) values (%s)", [Jsonb(config.dump())])
    Clock(connection).begin(config.starts_at)
    stock = Stock.at_start(config)
    batch = Batch()
    for at, key, belief, count in stock.beliefs():
        batch.show(at, key, belief, versions=count)
    batch.write(connection)
    _keep_stock(connection, stock)
    connection.commit()
    return World(connection)


class World:
    """An open world. One process advances it at a time; the clock's row lock keeps others out."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.use(connection)
        row = connection.execute("select config from lab.world").fetchone()
        if row is None:
            raise Misconfigured("the lab has no world yet", hint="run `crossdock lab reset`")
        self.config = WorldConfig.load(row[0])
        self.now = self.clock.now()
        self.due: list[Due] = []
        self.plans: dict[str, Plan] = {}
        self.ends_at: dict[str, datetime] = {}
        self.by_hand: dict[str, str] = {}
        self.stock = Stock(_kept_stock(connection))
        self.interventions = Interventions(connection, self._draw)
        self._wake()
        connection.commit()

    def use(self, connection: psycopg.Connection) -> None:
        """Go on over this connection: to the same database."""
        self.connection, self.clock = connection, Clock(connection)

    def plan_of(self, number: str) -> Plan | None:
        """The plan of an order that has come in, or would; None for a number that no order has."""
        if number in self.plans:
            return self.plans[number]
        return self._draw(number)

    def _draw(self, number: str) -> Plan | None:
        """Draw its plan, with all that was done to it."""
        if not number.isdecimal() or int(number) < choose.FIRST_NUMBER:
            return None
        _, index = choose.place_of(number)
        known = self.connection.execute("select from lab.orders where number = %s", [number]).fetchone()
        if known is None and index >= self.config.orders_per_day:
            return None
        plan = choose.plan_of(self.config, number, self.by_hand.get(number))
        repairs.apply(plan, self.interventions.of(number), self.config.stream)
        return plan

    def is_current(self) -> bool:
        """Whether nobody else has moved this world, or begun another, since."""
        row = self.connection.execute("select config from lab.world").fetchone()
        return row is not None and WorldConfig.load(row[0]) == self.config and self.clock.now() == self.now

    def advance(self, to: datetime, told_at: datetime | None = None) -> int:
        """Work the world out up to `to` (inclusive), and commit. Gives the number of changes shown.

        Nothing happens where another process has gone further meanwhile. `told_at` as in `ledger.pass_time`.
        """
        if self.clock.read(lock=True).now != self.now or to <= self.now:
            self.connection.rollback()
            return 0
        self._take_note_of_hands()
        self.stock.sold_out(_stock_outs(self.connection), self.now + INSTANT, to)
        self._take_orders(to)
        batch = Batch()
        count = self._take_note_of_writes(batch)
        while self.due and self.due[0][0] <= to:
            at, number, _, step = heapq.heappop(self.due)
            self._apply(batch, self.plans[number], step)
            count += 1
        for at, key, belief, versions in self.stock.beliefs():
            batch.show(at, key, belief, versions=versions)
        for drop in EdiPartner(self.connection, self.plan_of, self._resent).read_mail(to):
            batch.drop(drop)
        for amend in self._answered_tickets(to):
            batch.amend(amend)
        batch.write(self.connection)
        _keep_stock(self.connection, self.stock)
        self._end_orders(to)
        self.clock.reach(to)
        ledger.pass_time(self.connection, to, told_at)
        self.connection.commit()
        self.now = to
        return count

    def _apply(self, batch: Batch, plan: Plan, step: Step) -> None:
        if isinstance(step, Change):
            batch.change(step, plan.order.order_id, plan.push_copies)
        elif isinstance(step, Drop):
            batch.drop(step)
        elif isinstance(step, Move):
            self.stock.move(step)
        elif isinstance(step, Amend):
            batch.amend(step)
        elif isinstance(step, Harm):
            ledger.wrong(self.connection, plan.order.number, step.kind, step.reason, step.at)

    # Orders come and go --------------------------------------------------------------------------------------------

    def _take_orders(self, to: datetime) -> None:
        """Plan the orders that come in after now and until `to`; note them and what is wrong with them."""
        taken: list[Plan] = []
        first, last = (self.now - self.config.starts_at) // DAY, (to - self.config.starts_at) // DAY
        for day in range(max(0, first), last + 1):
            for at, number in choose.arrivals(self.config, day):
                if self.now < at <= to:
                    taken.append(self._schedule(number, self.now))
        if taken:
            self._note(taken)

    def _schedule(self, number: str, after: datetime) -> Plan:
        """Draw a plan and queue what it shows after `after`."""
        plan = self._draw(number)
        steps = show.changes(plan)
        self.plans[number] = plan
        self.ends_at[number] = steps[-1].at
        for ordinal, step in enumerate(steps):
            if step.at > after:
                heapq.heappush(self.due, (step.at, number, ordinal, step))
        return plan

    def _note(self, plans: list[Plan]) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(
                """insert into lab.orders (number, order_id, channel, fault, ordered_at, ends_at)
                   values (%s, %s, %s, %s, %s, %s) on conflict (number) do nothing""",
                [
                    (p.order.number, p.order.order_id, p.order.channel, p.fault or None, p.order.ordered_at,
                     self.ends_at[p.order.number])
                    for p in plans
                ],
            )  # fmt: skip
        ledger.record(self.connection, [plan for plan in plans if plan.order.number not in self.by_hand])

    def _end_orders(self, to: datetime) -> None:
        over = [number for number, at in self.ends_at.items() if at <= to]
        for number in over:
            del self.plans[number], self.ends_at[number]
        if over:
            self.connection.execute("update lab.orders set ended = true where number = any(%s)", [over])

    # Opening and hands ---------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Draw the plans of the orders still alive again."""
        rows = self.connection.execute(
            "select number, fault, fault_at, ordered_at from lab.orders where not ended or fault_at is not null"
        ).fetchall()
        for number, fault, fault_at, ordered_at in rows:
            if fault_at is not None:
                self.by_hand[number] = fault
            if ordered_at <= self.now:
                self._schedule(number, self.now)

    def _take_note_of_hands(self) -> None:
        """Faults caused by hand since the last advance: draw those orders' plans again."""
        rows = self.connection.execute(
            "select number, fault, ordered_at from lab.orders where fault_at is not null and not ended"
        ).fetchall()
        for number, fault, ordered_at in rows:
            if self.by_hand.get(number) == fault:
                continue
            self.by_hand[number] = fault
            if ordered_at <= self.now:
                self._forget({number})
                self._schedule(number, self.now)

    def _forget(self, numbers: set[str]) -> None:
        """What these orders were still to show is not to come."""
        self.due = [due for due in self.due if due[1] not in numbers]
        heapq.heapify(self.due)

    # What was written from outside ---------------------------------------------------------------------------------

    def _take_note_of_writes(self, batch: Batch) -> int:
        """Draw the plans of the orders that were repaired again; what is otherwise already is shown at once."""
        new = self.interventions.new(self.connection, self.now)
        before = {number: self._draw(number) for number in new}
        self._forget({number for number, plan in before.items() if plan})
        count = 0
        for number, rows in new.items():
            for row in rows:
                self.interventions.take_note(self.connection, row, self.stock)
            if before[number]:
                count += self._go_on(batch, before[number], self._schedule(number, self.now))
        return count

    def _go_on(self, batch: Batch, before: Plan, after: Plan) -> int:
        """The order goes on by its new plan; gives how much had to be corrected."""
        number, steps = after.order.number, corrections(before, after, self.now)
        for step in steps:
            self._apply(batch, after, step)
        self.connection.execute(
            "update lab.orders set ended = false, ends_at = %s where number = %s", [self.ends_at[number], number]
        )
        ledger.follow(self.connection, after, self.now)
        return len(steps)

    def _resent(self, number: str, control: str, at: datetime, write_id: int) -> Plan:
        """Our 855 came again under a new control number."""
        params = {"control": control}
        plan = self.interventions.add(self.connection, number, "edi_resend", params, at, write_id, self.stock)
        if number in self.plans:
            self.plans[number] = plan
        return plan

    def _answered_tickets(self, to: datetime) -> Iterable[Amend]:
        """Tickets from outside that are about no order are solved by people just as well."""
        rows = self.connection.execute(OPEN_TICKETS).fetchall()
        for ticket_id, created_at in rows:
            at = desk.answered_at(created_at, self.config.stream("desk", ticket_id))
            if at <= to:
                yield desk.solved(ticket_id, max(at, self.now + timedelta(microseconds=1)))


def _kept_stock(connection: psycopg.Connection) -> dict[tuple[str, str], list[int]]:
    rows = connection.execute("select sku, warehouse_code, on_hand_qty, available_qty from lab.stock").fetchall()
    return {(sku, code): [on_hand, available] for sku, code, on_hand, available in rows}


def _stock_outs(connection: psycopg.Connection) -> dict[str, datetime]:
    return dict(connection.execute("select sku, until_at from lab.stock_outs").fetchall())


def _keep_stock(connection: psycopg.Connection, stock: Stock) -> None:
    rows = [(sku, code, *held) for (sku, code), held in stock.quantities.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into lab.stock (sku, warehouse_code, on_hand_qty, available_qty) values (%s, %s, %s, %s)
               on conflict (sku, warehouse_code) do update
               set on_hand_qty = excluded.on_hand_qty, available_qty = excluded.available_qty""",
            rows,
        )
