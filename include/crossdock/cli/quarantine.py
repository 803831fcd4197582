"""`crossdock quarantine`: what is set aside, why, and how it gets out."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.contracts import release as desk
from crossdock.contracts.release import Cause
from crossdock.core.errors import Refused
from crossdock.db.connect import connect

Ids = Annotated[list[int] | None, typer.Argument(help="Quarantine ids, as in `quarantine list --rows`.")]
Partner = Annotated[str | None, typer.Option(help="Only of this partner.")]
Feed = Annotated[str | None, typer.Option(help="Only of this feed.")]
RuleName = Annotated[str | None, typer.Option("--rule", help="Only what broke this rule, as in `mapped`.")]
FieldName = Annotated[str | None, typer.Option("--field", help="Only this field.")]
Value = Annotated[str | None, typer.Option(help="Only this value.")]
By = Annotated[str, typer.Option("--by", help="Who decides; default: the login.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="quarantine")


def _me() -> str:
    return getpass.getuser()


def _print(rows: list[dict], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(orjson.dumps(row, default=str).decode())
        return
    if not rows:
        print("nothing is set aside")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console(soft_wrap=False).print(table)


@group.command("list")
def show_list(
    partner: Partner = None,
    feed: Feed = None,
    rule: RuleName = None,
    field: FieldName = None,
    value: Value = None,
    rows: Annotated[bool, typer.Option("--rows", help="Single rows instead of causes.")] = False,
    state: Annotated[str, typer.Option(help="open, released, replayed, superseded or discarded.")] = "open",
    as_json: AsJson = False,
) -> None:
    """List what is set aside by cause, the one that holds most orders first."""
    cause = Cause(partner=partner, feed=feed, rule=rule, field=field, value=value, states=(state,))
    with connect("quarantine list") as connection:
        if rows:
            shown = (
                "quarantine_id",
                "partner_id",
                "feed",
                "native_id",
                "part",
                "order_ref",
                "reason",
                "quarantined_at",
            )
            found = [{key: row[key] for key in shown} for row in desk.rows(connection, cause)]
        else:
            names = ("partner", "feed", "rule", "field", "value", "rows", "records", "orders", "since", "reason")
            found = [dict(zip(names, row, strict=True)) for row in desk.causes(connection, cause)]
    _print(found, as_json)


@group.command()
def show(ids: Annotated[list[int], typer.Argument(help="Quarantine ids.")]) -> None:
    """Show rows whole: where from, what was wrong, and the payload itself, as JSON lines."""
    with connect("quarantine show") as connection:
        states = ("open", "released", "replayed", "superseded", "discarded")
        found = desk.rows(connection, Cause(ids=tuple(ids), states=states))
    if not found:
        raise Refused(
            f"there is no quarantine row {', '.join(map(str, ids))}", hint="see `crossdock quarantine list --rows`"
        )
    for row in found:
        print(orjson.dumps(row, default=str, option=orjson.OPT_INDENT_2).decode())


@group.command()
def release(
    ids: Ids = None,
    partner: Partner = None,
    feed: Feed = None,
    rule: RuleName = None,
    field: FieldName = None,
    value: Value = None,
    accept: Annotated[str | None, typer.Option(help="Let it flow although it breaks the rule; say why.")] = None,
    discard: Annotated[str | None, typer.Option(help="Never let it flow; say why.")] = None,
    by: By = "",
) -> None:
    """Have rows judged again, by id or by cause; with --accept override the rule, with --discard close them."""
    cause = Cause(tuple(ids or ()), partner, feed, rule, field, value)
    who = by or _me()
    with connect("quarantine release") as connection:
        if accept is not None:
            print(f"{desk.accept(connection, cause, by=who, reason=accept)} accepted by {who} and queued")
        elif discard is not None:
            print(f"{desk.discard(connection, cause, by=who, reason=discard)} discarded by {who}")
        else:
            print(f"{desk.release(connection, cause, by=who)} queued to be judged again")


@group.command()
def replay(
    ids: Ids = None,
    partner: Partner = None,
    feed: Feed = None,
    rule: RuleName = None,
    field: FieldName = None,
    value: Value = None,
) -> None:
    """Read the documents behind these rows again from their kept bytes, after a connector or a mapping was mended."""
    with connect("quarantine replay") as connection:
        count = desk.replay(connection, Cause(tuple(ids or ()), partner, feed, rule, field, value))
    print(f"{count} documents queued to be read again")
