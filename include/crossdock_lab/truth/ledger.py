"""Writes the truth down: which fault was caused, what is expected of it, and when that could be known."""

from __future__ import annotations

from datetime import datetime

import psycopg

from crossdock_lab.truth.oracle import Expectation, expectations
from crossdock_lab.world.faults import KINDS
from crossdock_lab.world.plan import Plan


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


def forget(connection: psycopg.Connection, fault: str) -> None:
    """The fault never was: another has taken its order over."""
    connection.execute("delete from truth.faults where fault_id = %s", [fault])


def pass_time(connection: psycopg.Connection, now: datetime) -> None:
    """The world is at `now`: what has begun can be known from this moment of the wall clock, what has ended is over."""
    connection.execute(
        """update truth.expectations set visible_wall_at = clock_timestamp()
           where visible_wall_at is null and from_at <= %s""",
        [now],
    )
    connection.execute(
        """update truth.expectations set gone_wall_at = clock_timestamp()
           where gone_wall_at is null and until_at <= %s""",
        [now],
    )
    connection.execute(
        """update truth.faults as f set is_repaired = true
           where not is_repaired
             and exists (select from truth.expectations as e where e.fault_id = f.fault_id)
             and not exists (
                 select from truth.expectations as e
                 where e.fault_id = f.fault_id and (e.until_at is null or e.until_at > %s))""",
        [now],
    )
