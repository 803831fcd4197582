"""Who is told next, when nobody answered or a deadline is near: one more alert a step, never one more case."""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg.rows import dict_row

from crossdock.alerts import timing
from crossdock.alerts.events import standing
from crossdock.alerts.plan import channel_of, find_technical, lock, register, sql
from crossdock.alerts.routes import Route, Routes, Step


def escalate(connection: psycopg.Connection, routes: Routes, now: datetime) -> int:
    """Plan the steps that have become due, in one transaction; return how many.

    Each step counts from the first alert, in business time for business routes and by the wall clock for technical
    ones. An answer is anything a person did to one of its cases since, or `crossdock alerts answer`.
    """
    with connection.transaction():
        lock(connection)
        register(connection, routes)
        find_technical(connection, routes, now)
        return sum(
            _take(connection, routes, name, level, step, now)
            for name, route in routes.routes.items()
            for level, step in enumerate(route.escalate, start=1)
        )


def _take(connection: psycopg.Connection, routes: Routes, name: str, level: int, step: Step, now: datetime) -> int:
    route = routes.routes[name]
    values = {
        "route": name,
        "level": level,
        "condition": step.when,
        "after": step.after,
        "now": now,
        "news_within": routes.watch.news_within,
        "at_risk_share": routes.watch.sla_at_risk_share,
        "standing": standing(route.kind),
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        roots = cursor.execute(sql("to_escalate"), values).fetchall()
    return sum(
        connection.execute(sql("put_level"), _level(routes, route, level, step, root, now)).rowcount for root in roots
    )


def _level(routes: Routes, route: Route, level: int, step: Step, root: dict, now: datetime) -> dict:
    """The row of one step. An escalation does not wait for a digest; it keeps the route's quiet hours."""
    at_once = route.model_copy(update={"digest": type(route.digest)()})
    audience = str(step.to)
    return root | {
        "level": level,
        "routes_hash": routes.hash,
        "dedupe_key": f"{root['dedupe_key']}/level {level}",
        "audience": audience,
        "channel": channel_of(routes, route.model_copy(update={"channel": step.channel}), audience),
        "why": f"step {level} of route {root['route']}: {step.when} for {_words(step)} after alert {root['alert_id']}",
        "due_at": timing.due(at_once, root["severity"], root["event"], now),
    }


def _words(step: Step) -> str:
    minutes = int(step.after.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


def answer(connection: psycopg.Connection, alert_id: int, by: str, now: datetime) -> bool:
    """Say that somebody takes care of an alert: it escalates no further. False where there is no such open alert."""
    return bool(
        connection.execute(
            """
            update ops.alerts set answered_by = %s, answered_at = %s
            where alert_id = (select coalesce(root_id, alert_id) from ops.alerts where alert_id = %s)
                and answered_at is null
            """,
            [by, now, alert_id],
        ).rowcount
    )
