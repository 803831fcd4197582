"""What DAGs, the command line and tests call of alerts. Each call takes the wall clock as `now`, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from crossdock.alerts import deliver
from crossdock.alerts import escalate as escalation
from crossdock.alerts import plan as planning
from crossdock.alerts.deliver import ConnectionFactory, Sent
from crossdock.alerts.routes import Routes, load

__all__ = ["Sent", "Told", "again", "answer", "escalate", "plan", "send_due", "send_test", "tell"]


@dataclass(frozen=True, slots=True)
class Told:
    """What one round did: alerts planned and escalated, and what became of the messages that were due."""

    planned: int
    escalated: int
    sent: Sent


def tell(
    factory: ConnectionFactory, limit: int = 100, *, routes: Routes | None = None, now: datetime | None = None,
    old: bool = False,
) -> Told:  # fmt: skip
    """Plan, escalate and send, as often as it is called; each is committed before the next begins."""
    routes = routes or load()
    with factory() as connection:
        planned = plan(connection, routes=routes, now=now, old=old)
    with factory() as connection:
        escalated = escalate(connection, routes=routes, now=now)
    return Told(planned, escalated, send_due(factory, limit, routes=routes, now=now))


def plan(
    connection: psycopg.Connection, *, routes: Routes | None = None, now: datetime | None = None, old: bool = False
) -> int:
    """Write ops.alerts for what happened since the last call and for what is wrong now; return how many are new.

    `old`: tell, too, what a backfill or replay brought; else it is kept as suppressed.
    """
    return planning.plan(connection, routes or load(), now or planning.wall(), old=old)


def send_due(
    factory: ConnectionFactory, limit: int = 100, *, routes: Routes | None = None, now: datetime | None = None
) -> Sent:
    """Send at most `limit` messages that are due. `factory` opens a connection as a context manager."""
    return deliver.send_due(factory, routes or load(), limit, now or planning.wall())


def escalate(connection: psycopg.Connection, *, routes: Routes | None = None, now: datetime | None = None) -> int:
    """Plan what has to go to the next audience; return how many alerts. `send_due` sends them."""
    return escalation.escalate(connection, routes or load(), now or planning.wall())


def again(connection: psycopg.Connection, *, now: datetime | None = None) -> int:
    """Let messages that were given up be sent again; return how many."""
    return deliver.again(connection, now or planning.wall())


def answer(connection: psycopg.Connection, alert_id: int, by: str, *, now: datetime | None = None) -> bool:
    """Somebody takes care of an alert: it escalates no further. False: there is no such unanswered alert."""
    return escalation.answer(connection, alert_id, by, now or planning.wall())


def send_test(
    factory: ConnectionFactory, name: str, *, routes: Routes | None = None, now: datetime | None = None
) -> Sent:
    """Send a test message by one route."""
    return deliver.send_test(factory, routes or load(), name, now or planning.wall())
