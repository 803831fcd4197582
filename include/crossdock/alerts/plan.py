"""From what happened to what is to be told: events of cases, deadlines and technical checks become ops.alerts rows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crossdock.alerts import timing
from crossdock.alerts.events import HEAD
from crossdock.alerts.mask import masked
from crossdock.alerts.routes import Audience, Route, Routes

SQL = Path(__file__).parent / "sql"
LOCK = "ops.alerts"
NOT_NEWS = "not news: it came by a backfill or replay"


@cache
def sql(name: str) -> bytes:
    """The statement in `sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_bytes()


def lock(connection: psycopg.Connection) -> None:
    """Until the transaction ends nobody else plans, escalates or composes; sending goes on."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])


def plan(connection: psycopg.Connection, routes: Routes, now: datetime, *, old: bool = False) -> int:
    """Plan alerts for everything since the stored position, in one transaction; return how many are new.

    `now` is the wall clock. `old`: tell what a backfill or replay brought, too; else it is kept as suppressed.
    """
    with connection.transaction():
        lock(connection)
        register(connection, routes)
        find(connection, routes, now)
        connection.execute(sql("match"), {"routes": Jsonb(_rows(connection, routes))})
        for name, route in routes.routes.items():
            if route.carries_chain_head:
                _match_head(connection, name, route, now)
        return _put(connection, routes, now, old=old)


def register(connection: psycopg.Connection, routes: Routes) -> None:
    """Keep this version of the routes, so that an alert can say by which it was planned."""
    connection.execute(
        "insert into ops.alert_routes (routes_hash, version, content) values (%s, %s, %s) on conflict do nothing",
        [routes.hash, routes.version, Jsonb(routes.content)],
    )


def find(connection: psycopg.Connection, routes: Routes, now: datetime) -> None:
    """Fill pg_temp.found and move the position of case events."""
    values = {
        "news_within": routes.watch.news_within,
        "at_risk_share": routes.watch.sla_at_risk_share,
        "approval_expiring": routes.watch.approval_expiring,
    }
    find_technical(connection, routes, now)
    after, through = _advance(connection)
    connection.execute(sql("find_case_events"), values | {"after": after, "through": through})
    connection.execute(sql("find_deadlines"), values)


def find_technical(connection: psycopg.Connection, routes: Routes, now: datetime) -> None:
    """Make pg_temp.found, with what is wrong with the platform now."""
    watch = routes.watch
    connection.execute("drop table if exists pg_temp.found, pg_temp.matched, pg_temp.chosen")
    connection.execute(sql("found"))
    values = {
        "now": now,
        "news_within": watch.news_within,
        "stalled_intervals": watch.feed_stalled_intervals,
        "stalled_at_least": watch.feed_stalled_at_least,
        "quarantine_rows": watch.quarantine_rows,
        "quarantine_within": watch.quarantine_within,
        "lane_lag": watch.lane_lag,
        "outbox_stuck": watch.outbox_stuck,
        "processes": watch.processes,
    }
    connection.execute(sql("find_technical"), values)


def _advance(connection: psycopg.Connection) -> tuple[int, int]:
    """The positions of the chain that are new: after the first, up to the second; they count as read from now on."""
    known = connection.execute("select position from ops.alert_positions where source = 'case_events'").fetchone()
    after = known[0] if known else 0
    through = connection.execute("select coalesce(max(position), 0) from ops.audit_chain").fetchone()[0]
    connection.execute(
        """
        insert into ops.alert_positions (source, position) values ('case_events', %s)
        on conflict (source) do update set position = excluded.position, moved_at = clock_timestamp()
        """,
        [through],
    )
    return after, through


def _rows(connection: psycopg.Connection, routes: Routes) -> list[dict]:
    """The routes as the matching statement reads them."""
    of_role: dict[str, list[str]] = {}
    for queue, role in connection.execute("select queue, airflow_role from ref.queues"):
        of_role.setdefault(role, []).append(queue)
    return [
        {
            "route": name,
            "kind": route.kind,
            "audience": str(route.audience),
            "events": route.told,
            "severities": route.severities,
            "codes": route.codes,
            "queues": queues(route.audience, of_role),
            "person": route.audience.person,
        }
        for name, route in routes.routes.items()
    ]


def queues(audience: Audience, of_role: dict[str, list[str]]) -> list[str] | None:
    """The queues whose affairs concern the audience; None: all, as for a role that works no queue."""
    if audience.queue:
        return [audience.queue]
    return of_role.get(audience.role) if audience.role else None


def _match_head(connection: psycopg.Connection, name: str, route: Route, now: datetime) -> None:
    """The head of the chain goes out with the next daily digest, whether anything else does or not."""
    day = timing.due(route, "low", HEAD, now).astimezone(route.tz).date().isoformat()
    connection.execute(
        """
        insert into pg_temp.matched (
            route, audience, kind, event, item_key, cause, title, severity, queues, happened_at, is_news
        )
        select %(route)s, %(audience)s, %(kind)s, %(event)s, %(key)s, %(key)s, 'Audit chain', 'low', '{}', %(now)s, true
        where not exists (select from ops.alert_items where route = %(route)s and item_key = %(key)s)
        """,
        {
            "route": name,
            "audience": str(route.audience),
            "kind": route.kind,
            "event": HEAD,
            "key": f"{HEAD} {day}",
            "now": now,
        },
    )


def _put(connection: psycopg.Connection, routes: Routes, now: datetime, *, old: bool) -> int:
    """Write alerts and items for pg_temp.matched: what joins a gathering alert makes no new one."""
    with connection.cursor(row_factory=dict_row) as cursor:
        groups = cursor.execute(sql("groups")).fetchall()
    connection.execute(
        "create temp table chosen (route text, audience text, event text, cause text, is_news boolean, alert_id bigint)"
        " on commit drop"
    )
    made, chosen = 0, []
    for group in groups:
        alert_id, is_new = _choose(connection, routes, group, now, old=old)
        made += is_new
        chosen.append([*(group[key] for key in ("route", "audience", "event", "cause", "is_news")), alert_id])
    with connection.cursor() as cursor:
        cursor.executemany("insert into pg_temp.chosen values (%s, %s, %s, %s, %s, %s)", chosen)
    connection.execute(sql("put_items"))
    return made


def _choose(
    connection: psycopg.Connection, routes: Routes, group: dict, now: datetime, *, old: bool
) -> tuple[int, bool]:
    """The alert that a group belongs to, and whether it had to be made."""
    route = routes.routes[group["route"]]
    is_told = old or group["is_news"]
    gathering, last_told_at = connection.execute(sql("gathering"), group | {"since": now - route.window}).fetchone()
    earliest = max(now + route.gather, last_told_at + route.window) if last_told_at else now + route.gather
    due_at = timing.due(route, group["severity"], group["event"], earliest)
    if is_told and gathering:
        values = {"alert_id": gathering, "severity": group["severity"], "due_at": due_at}
        connection.execute(sql("worsen_alert"), values)
        return gathering, False
    values = group | {
        "routes_hash": routes.hash,
        "title": masked(group["title"]),
        "dedupe_key": f"{group['event']}/{group['cause']}/{group['first_item']}",
        "channel": channel_of(routes, route, group["audience"]),
        "why": f"route {group['route']} tells {group['audience']} of {group['event']} from {route.minimum_severity} up",
        "state": "pending" if is_told else "suppressed",
        "state_reason": None if is_told else NOT_NEWS,
        "due_at": due_at,
        "now": now,
    }
    return connection.execute(sql("put_alert"), values).fetchone()[0], True


def channel_of(routes: Routes, route: Route, audience: str) -> str:
    """A person's own channel where the file names one, else the route's."""
    kind, _, name = audience.partition(":")
    return routes.people.get(name, route.channel) if kind == "person" else route.channel


def wall() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
