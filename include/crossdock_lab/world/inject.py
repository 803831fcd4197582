"""Causes one named fault on a running world, so that anybody can watch one.

The fault goes into the plan of an order whose life so far would have been the same with it; the engine draws that
order's plan again at its next step. With no order named, the one that will show the fault soonest is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core.errors import Misconfigured, Refused
from crossdock_lab.clock import Clock
from crossdock_lab.truth import ledger
from crossdock_lab.truth.oracle import Expectation, expectations
from crossdock_lab.world import choose, show
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.faults import ENDPOINT_KINDS, ENDPOINTS, KINDS, EndpointKind, Kind
from crossdock_lab.world.plan import DAY, Plan
from crossdock_lab.world.stock import ITEMS

LIVING, COMING = 300, 200
"""How many living orders, and how many that are still to come, are considered."""


@dataclass(frozen=True, slots=True)
class Injected:
    """What was caused, where, and what will be true of it."""

    fault_id: str
    kind: str
    watch: str
    subject: str
    expected: list[Expectation]


def inject(
    connection: psycopg.Connection, name: str, *, order: str = "", system: str = "sap", lasts: timedelta = 4 * DAY / 24
) -> Injected:
    """Cause the fault `name` and write the truth about it. Commits.

    `order` is a number or an identifier. `system` and `lasts` (lab time) are for faults of endpoints. Raises
    Misconfigured for a fault or system that there is not, Refused where no order can have it any more.
    """
    now = Clock(connection).read(lock=True).now
    if name in ENDPOINT_KINDS:
        done = _endpoint(connection, ENDPOINT_KINDS[name], system, now, lasts)
    elif name in KINDS:
        done = _order(connection, KINDS[name], order, now)
    else:
        raise Misconfigured(f"there is no fault {name!r}", hint="`crossdock lab faults` lists them")
    connection.commit()
    return done


def sell_out(connection: psycopg.Connection, skus: Collection[str], lasts: timedelta) -> datetime:
    """Leave nothing of these items in any warehouse for so long (lab time); when stock comes. Commits.

    No fault by itself: it decides what can be done about one. Raises Misconfigured for an item that there is not.
    """
    if unknown := set(skus) - set(ITEMS):
        raise Misconfigured(
            f"the lab trades no item {', '.join(sorted(unknown))}", hint=f"name one of {min(ITEMS)} to {max(ITEMS)}"
        )
    until = Clock(connection).read(lock=True).now + lasts
    for sku in skus:
        connection.execute(
            """insert into lab.stock_outs (sku, until_at) values (%s, %s)
               on conflict (sku) do update set until_at = excluded.until_at""",
            [sku, until],
        )
    connection.commit()
    return until


def _endpoint(
    connection: psycopg.Connection, kind: EndpointKind, system: str, now: datetime, lasts: timedelta
) -> Injected:
    if system not in ENDPOINTS:
        raise Misconfigured(f"{system!r} has no endpoint that can fail", hint=f"one of {', '.join(ENDPOINTS)}")
    until, subject = now + lasts, f"partner/{ENDPOINTS[system]}"
    row = connection.execute(
        """insert into lab.misbehaviours (system, behaviour, params, from_at, until_at)
           values (%s, %s, %s, %s, %s) returning misbehaviour_id""",
        [system, kind.behaviour, Jsonb(kind.params), now, until],
    ).fetchone()
    fault_id = f"{kind.name}/{row[0]}"
    expected = [Expectation(code, subject, "poll", now, until, kind.watch) for code in kind.codes]
    connection.execute(
        """insert into truth.faults (fault_id, kind, is_lookalike, subject_id, injected_at, injected_by, note)
           values (%s, %s, %s, %s, %s, 'hand', %s)""",
        [fault_id, kind.name, kind.is_lookalike, subject, now, kind.watch],
    )
    ledger.expect(connection, fault_id, expected)
    return Injected(fault_id, kind.name, kind.watch, subject, expected)


def _order(connection: psycopg.Connection, kind: Kind, order: str, now: datetime) -> Injected:
    row = connection.execute("select config from lab.world").fetchone()
    config = WorldConfig.load(row[0])
    taken = _taken(connection, kind)
    numbers = [_named(connection, order)] if order else _candidates(connection, config, now)
    fitting = [plan for number in numbers if number not in taken and (plan := changed(config, kind, number, now))]
    if not fitting:
        about = f"order {order}" if order else "any order of today or tomorrow"
        raise Refused(
            f"{kind.name} cannot be caused on {about}: it is of another channel, too far gone, or has a fault already",
            hint="name another order, or step the lab on so that new orders come in",
        )
    plan = min(fitting, key=lambda plan: _soonest(kind, plan))
    placed = plan.order
    connection.execute(
        """insert into lab.orders (number, order_id, channel, fault, fault_at, ordered_at, ends_at)
           values (%s, %s, %s, %s, %s, %s, %s)
           on conflict (number) do update set fault = excluded.fault, fault_at = excluded.fault_at,
               ends_at = excluded.ends_at""",
        [placed.number, placed.order_id, placed.channel, kind.name, now, placed.ordered_at,
         show.changes(plan)[-1].at],
    )  # fmt: skip
    ledger.record(connection, [plan], by="hand")
    return Injected(plan.fault_id, kind.name, kind.watch, placed.order_id, expectations(plan))


def _taken(connection: psycopg.Connection, kind: Kind) -> set[str]:
    """Orders that cannot have it: they have a fault already, were written to, or the partner has our 855."""
    rows = connection.execute(
        "select number from lab.orders where fault is not null union select number from lab.interventions"
    ).fetchall()
    if kind.name.startswith("ack_"):
        rows += connection.execute(
            "select number from lab.orders, lab.clock where ordered_at <= processed_through"
        ).fetchall()
    return {number for (number,) in rows}


def _named(connection: psycopg.Connection, order: str) -> str:
    """The number of an order named by number or identifier."""
    row = connection.execute("select number from lab.orders where order_id = %s", [order]).fetchone()
    return row[0] if row else order.rsplit("/", 1)[-1].lstrip("#PO")


def _candidates(connection: psycopg.Connection, config: WorldConfig, now: datetime) -> Iterator[str]:
    """Orders still alive, newest first; then orders that are still to come."""
    living = connection.execute(
        "select number from lab.orders where not ended order by ordered_at desc limit %s", [LIVING]
    ).fetchall()
    yield from (number for (number,) in living)
    today = max(0, (now - config.starts_at) // DAY)
    coming = [number for day in (today, today + 1) for at, number in choose.arrivals(config, day) if at > now]
    yield from coming[:COMING]


def changed(config: WorldConfig, kind: Kind, number: str, now: datetime) -> Plan | None:
    """The order's plan with the fault in it; None where the fault does not fit, or would change what has happened."""
    if not number.isdecimal() or int(number) < choose.FIRST_NUMBER:
        return None
    clean = choose.plan_of(config, number)
    if clean.fault or not kind.fits(clean):
        return None
    plan = choose.plan_of(config, number, kind.name)
    same_past = [s for s in show.changes(clean) if s.at <= now] == [s for s in show.changes(plan) if s.at <= now]
    if not same_past or any(each.from_at <= now for each in expectations(plan)):
        return None
    return plan


def _soonest(kind: Kind, plan: Plan) -> datetime:
    """When the fault will show."""
    firsts = [each.from_at for each in expectations(plan) if each.code in kind.codes]
    return min(firsts, default=plan.fault_at or plan.order.ordered_at)
