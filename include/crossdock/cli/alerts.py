"""`crossdock alerts`: what was told to whom, what waits, and whether the routes lead anywhere."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import orjson
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from crossdock.alerts import api, check
from crossdock.alerts.routes import file, load
from crossdock.core.errors import Misconfigured, Refused
from crossdock.db.connect import connect, connect_rows
from crossdock.recovery import api as recovery

group = typer.Typer(no_args_is_help=True, help=__doc__)
routes_group = typer.Typer(no_args_is_help=True, help="The routes in force, or a file of them.")
LIST = """
    select a.alert_id, a.state, a.severity, a.event, a.title, count(i.*) as things, a.route, a.audience, a.level,
        a.due_at, a.settled_at, coalesce(d.tries, 0) as tries, a.state_reason as reason
    from ops.alerts as a
    left join ops.alert_deliveries as d using (delivery_id)
    left join ops.alert_items as i on i.alert_id = coalesce(a.root_id, a.alert_id)
    where (%(state)s::text is null or a.state = %(state)s) and (%(route)s::text is null or a.route = %(route)s)
    group by a.alert_id, d.delivery_id
    order by a.alert_id desc
    limit %(limit)s
"""
SHOW = """
    select to_jsonb(a) as alert, to_jsonb(d) - 'chain_hash' as delivery, (
        select coalesce(jsonb_agg(to_jsonb(i) order by i.happened_at, i.item_key), '[]') from ops.alert_items as i
        where i.alert_id = coalesce(a.root_id, a.alert_id)
    ) as items
    from ops.alerts as a
    left join ops.alert_deliveries as d using (delivery_id)
    where a.alert_id = %s
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group.add_typer(routes_group, name="routes")
    app.add_typer(group, name="alerts")


@group.command("list")
def show_list(
    state: Annotated[str | None, typer.Option(help="pending, sent, suppressed or failed.")] = None,
    route: Annotated[str | None, typer.Option(help="Only of this route.")] = None,
    limit: Annotated[int, typer.Option(help="So many, the newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """List alerts: to whom, of what, when, and what became of them."""
    with connect_rows("alerts list") as connection:
        rows = connection.execute(LIST, {"state": state, "route": route, "limit": limit}).fetchall()
    if as_json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return
    if not rows:
        print("no alerts")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(table)


@group.command()
def show(alert_id: Annotated[int, typer.Argument(help="As in `alerts list`.")]) -> None:
    """Show one alert whole, as JSON: what it is about, its message and every try."""
    with connect_rows("alerts show") as connection:
        row = connection.execute(SHOW, [alert_id]).fetchone()
    if row is None:
        raise Refused(f"there is no alert {alert_id}", hint="see `crossdock alerts list`")
    print(orjson.dumps(row, option=orjson.OPT_INDENT_2).decode())


@group.command()
def test(route: Annotated[str, typer.Argument(help="Name of a route.")]) -> None:
    """Send a message that says it is a test by one route, and say what became of it."""
    done = api.send_test(_factory, route)
    if not done.sent:
        raise Refused(f"the test of route {route} was not sent", hint="the log line above says why")
    print(f"sent by route {route}")


@group.command()
def send(
    limit: Annotated[int, typer.Option(help="At most so many messages.")] = 100,
    again: Annotated[bool, typer.Option("--again", help="First take up again what was given up.")] = False,
    old: Annotated[bool, typer.Option("--old", help="Tell what a backfill or replay brought, too.")] = False,
) -> None:
    """Note interruptions, plan, escalate and send what is due, as the DAG does every minute."""
    with connect("alerts") as connection:
        recovery.watch(connection)
        taken_up = api.again(connection) if again else 0
    told = api.tell(_factory, limit, old=old)
    done = told.sent
    print(
        f"{told.planned} planned, {told.escalated} escalated, {taken_up} taken up again; {done.sent} sent,"
        f" {done.retried} to be retried, {done.failed} given up, {done.suppressed} moot"
    )
    if done.failed:
        raise Refused(f"{done.failed} given up", hint="see `crossdock alerts list --state failed`; then `send --again`")


@group.command()
def answer(
    alert_id: Annotated[int, typer.Argument(help="As in `alerts list`.")],
    by: Annotated[str, typer.Option("--by", help="Who takes care; default: the login.")] = "",
) -> None:
    """Say that somebody takes care of an alert: it escalates no further."""
    with connect("alerts answer") as connection:
        if not api.answer(connection, alert_id, by or getpass.getuser()):
            raise Refused(f"there is no unanswered alert {alert_id}", hint="see `crossdock alerts show`")
    print(f"alert {alert_id} is taken care of")


@routes_group.command("check")
def routes_check(
    path: Annotated[Path | None, typer.Argument(help="A file of routes; default: the one in force.")] = None,
) -> None:
    """Check a file of routes: its form, queues, roles, codes, templates, and that every connection has a URL."""
    routes = load(path)
    with connect("alerts check") as connection:
        wrong = check.problems(connection, routes)
    for sentence in wrong:
        print(sentence)
    if wrong:
        raise Misconfigured(f"{path or file()}: {len(wrong)} of its names lead nowhere")
    print(f"{path or file()}: version {routes.version}, {len(routes.routes)} routes, every name leads somewhere")


def _factory() -> psycopg.Connection:
    return connect("alerts send")
