"""`crossdock replay`: judge what is kept again and make it anew, after a look at what that would change."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.db.connect import connect

SHOWN = ("replay_id", "state", "requested_by", "filters", "acts", "records_count", "started_at", "released_by")
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="key=value, as often as needed: partner, feed, order (any identifier), since, until, document, record, "
        "native_id, rule (of what is set aside). Values of one key are alternatives; keys must all fit.",
    ),
]
As = Annotated[str, typer.Option("--as", help="The login under which it is done; default: that of this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Everything, as JSON.")]

group = typer.Typer()


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="replay")


@group.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    where: Filters = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would change and send.")] = False,
    source: Annotated[
        str, typer.Option("--from", help="records, or documents: read the kept bytes again.")
    ] = "records",
    act: Annotated[bool, typer.Option("--act", help="Let out what follows: cases are decided, EDI is sent.")] = False,
    plan: Annotated[str | None, typer.Option(help="Only if it would do what the dry run of this plan said.")] = None,
    batch: Annotated[int, typer.Option(help="Records a transaction; the lane is held for its time.", min=1)] = 400,
    shown: Annotated[int, typer.Option(help="List so many of each kind.", min=0)] = 10,
    login: As = "",
    as_json: AsJson = False,
) -> None:
    """Judge what is kept again and make its orders anew. Nothing goes out by itself; --dry-run changes nothing."""
    if context.invoked_subcommand:
        return
    from crossdock.replay import api, told

    how = {"source": source, "acts": act, "at_once": batch}
    if dry_run:
        report = api.preview(where or [], **how)
    else:
        report = api.replay(where or [], by=login or getpass.getuser(), plan=plan, **how)
    if as_json:
        print(orjson.dumps(report.as_json(), default=str, option=orjson.OPT_INDENT_2).decode())
        return
    for line in told.sentences(report, shown):
        print(line)


@group.command("list")
def show_list(limit: Annotated[int, typer.Option(help="At most so many.")] = 20, as_json: AsJson = False) -> None:
    """List the replays that were carried out, the newest first."""
    from crossdock.replay import api

    with connect("replay list") as connection:
        rows = api.found(connection, limit)
    if as_json:
        for row in rows:
            print(orjson.dumps(row, default=str).decode())
        return
    if not rows:
        print("nothing was replayed yet")
        return
    table = Table(*SHOWN)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in SHOWN))
    Console(soft_wrap=False).print(table)


@group.command("let-go")
def let_go(replay_id: Annotated[int, typer.Argument(help="As in `replay list`.")], login: As = "") -> None:
    """Let go what a replay held: its cases are decided, its EDI documents are sent."""
    from crossdock.replay import api

    with connect("replay let-go") as connection:
        done = api.let_go(connection, replay_id, login or getpass.getuser())
    print(f"let go: {done['cases']} cases, {done['documents']} EDI documents")
