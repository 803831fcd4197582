"""Writes the truth down: which fault was caused, what is expected of it, and when that could be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import psycopg

from crossdock_lab.truth.oracle import FACTS, Expectation, expectations
from crossdock_lab.world.faults import KINDS
from crossdock_lab.world.plan import Plan

INSTANT = timedelta(microseconds=1)
SLACK = timedelta(hours=6)
"""A system is read some time before it is written to: what was wrong until so long ago may still be repaired."""
REPAIRED = """
with ends as (
    select e.fault_id, bool_or(e.until_at is null) as is_answered,
        bool_and(coalesce(e.until_at, told.at) <= %(now)s) is true as is_over,
        max(coalesce(e.until_at, told.at)) as over_at,
        count(*) filter (where coalesce(e.until_at, told.at) is null) as open_count
    from truth.faults as f
    join truth.expectations as e using (fault_id)
    left join lateral (
        select min(i.at) as at from lab.interventions as i
        where e.exception_code = any(%(facts)s) and i.number = split_part(e.fault_id, '/', 1)
            and i.kind in ('promise', 'ticket') and i.at >= e.from_at and i.effect is not null
    ) as told on true
    where not f.is_repaired
    group by e.fault_id
)
update truth.faults as f set is_repaired = true, repaired_at = over_at,
    repaired_by = case when is_answered then 'outside' else coalesce(repaired_by, 'world') end
from ends where ends.fault_id = f.fault_id and is_over and open_count = 0
"""
"""A fault is over when nothing of it is wrong any more; of a fact, which stays true, when the customer was told."""


def record(connection: psycopg.Connection, plans: list[Plan], by: str = "seed") -> None:
    """Note the faults of these plans and everything that will be wrong with their orders."""
    faulty = [plan for plan in plans if plan.fault]
    if not faulty:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into truth.faults (fault_id, kind, is_lookalike, subject_id, injected_at, injected_by, note)
               values (%s, %s, %s, %s, %s, %s, %s) on conflict (fault_id) do nothing""",
            [_fault(plan, by) for plan in faulty],
        )
    for plan in faulty:
        expect(connection, plan.fault_id, expectations(plan))


def _fault(plan: Plan, by: str) -> tuple:
    kind = KINDS[plan.fault]
    at = plan.fault_at or plan.order.ordered_at
    return plan.fault_id, kind.name, kind.is_lookalike, plan.order.order_id, at, by, kind.watch


def expect(connection: psycopg.Connection, fault: str, expected: list[Expectation]) -> None:
    """Note what a fault will make true."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into truth.expectations
                   (fault_id, exception_code, subject_id, via, from_at, until_at, evidence)
               values (%s, %s, %s, %s, %s, %s, %s)""",
            [(fault, e.code, e.subject_id, e.via, e.from_at, e.until_at, e.evidence) for e in expected],
        )


def ailing(connection: psycopg.Connection, order_id: str, at: datetime) -> set[str]:
    """What is wrong with an order at `at`, or was until a few hours ago."""
    rows = connection.execute(
        """select distinct exception_code from truth.expectations
           where subject_id = %s and from_at <= %s and (until_at is null or until_at + %s > %s)""",
        [order_id, at, SLACK, at],
    ).fetchall()
    return {code for (code,) in rows}


def wrong(
    connection: psycopg.Connection, number: str, kind: str, reason: str, at: datetime, write_id: int | None = None
) -> None:
    """Note harm that was done to an order from outside."""
    connection.execute(
        "insert into truth.wrongs (number, kind, reason, at, write_id) values (%s, %s, %s, %s, %s)",
        [number, kind, reason, at, write_id],
    )


def follow(connection: psycopg.Connection, plan: Plan, at: datetime) -> None:
    """The order was repaired at `at`: what is well now ends there, what was to come is what its plan says now."""
    coming = expectations(plan)
    rows = connection.execute(
        """select expectation_id, fault_id, exception_code, from_at, until_at from truth.expectations
           where subject_id = %s and exception_code not like 'edi%%' and (until_at is null or until_at > %s)
           order by expectation_id""",
        [plan.order.order_id, at],
    ).fetchall()
    helped = set()
    for expectation_id, fault, code, from_at, until_at in rows:
        if from_at > at:
            connection.execute("delete from truth.expectations where expectation_id = %s", [expectation_id])
            if not any(each.code == code for each in coming):
                helped.add(fault)
            continue
        lasting = next((each for each in coming if each.code == code and _lasts(each, at)), None)
        until = lasting.until_at if lasting else max(at, from_at + INSTANT)
        if lasting:
            coming.remove(lasting)
        if until != until_at:
            helped.add(fault)
            connection.execute(
                "update truth.expectations set until_at = %s where expectation_id = %s", [until, expectation_id]
            )
    connection.execute("update truth.faults set repaired_by = 'outside' where fault_id = any(%s)", [list(helped)])
    begun = [replace(each, from_at=at) for each in coming if each.from_at <= at and _lasts(each, at)]
    _add(connection, plan, at, begun + [each for each in coming if each.from_at > at])


def _lasts(each: Expectation, at: datetime) -> bool:
    """Whether it is true at `at` and will be."""
    return each.from_at <= at and (each.until_at is None or each.until_at > at)


def _add(connection: psycopg.Connection, plan: Plan, at: datetime, expected: list[Expectation]) -> None:
    """Note what is now to come: of the order's fault, or of what was done to an order that had none."""
    if not expected:
        return
    fault = plan.fault_id if plan.fault else f"{plan.order.number}/outside"
    connection.execute(
        """insert into truth.faults (fault_id, kind, is_lookalike, subject_id, injected_at, injected_by, note)
           values (%s, 'outside', false, %s, %s, 'outside', 'What was written from outside made it so.')
           on conflict (fault_id) do update set is_repaired = false, repaired_at = null""",
        [fault, plan.order.order_id, at],
    )
    expect(connection, fault, expected)


def settle(connection: psycopg.Connection, fault: str, codes: tuple[str, ...], at: datetime) -> None:
    """What is wrong in these ways is well from `at` on, and what was to be so from then on is not."""
    connection.execute(
        "delete from truth.expectations where fault_id = %s and exception_code = any(%s) and from_at >= %s",
        [fault, list(codes), at],
    )
    ended = connection.execute(
        """update truth.expectations set until_at = %s
           where fault_id = %s and exception_code = any(%s) and (until_at is null or until_at > %s)""",
        [at, fault, list(codes), at],
    )
    if ended.rowcount:
        connection.execute("update truth.faults set repaired_by = 'outside' where fault_id = %s", [fault])


def forget(connection: psycopg.Connection, fault: str) -> None:
    """The fault never was: another has taken its order over."""
    connection.execute("delete from truth.faults where fault_id = %s", [fault])


def pass_time(connection: psycopg.Connection, now: datetime, told_at: datetime | None = None) -> None:
    """The world is at `now`: what has begun can be known from this moment of the wall clock, what has ended is over.

    `told_at` is that moment where the world catches up in several slices, between which nobody looks.
    """
    connection.execute(
        """update truth.expectations set visible_wall_at = coalesce(%s, clock_timestamp())
           where visible_wall_at is null and from_at <= %s""",
        [told_at, now],
    )
    connection.execute(
        """update truth.expectations set gone_wall_at = coalesce(%s, clock_timestamp())
           where gone_wall_at is null and until_at <= %s""",
        [told_at, now],
    )
    connection.execute(REPAIRED, {"now": now, "facts": list(FACTS)})
