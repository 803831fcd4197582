"""`crossdock actions`: what was, is being and will be told to the systems, and what a person does about it."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.db.connect import connect
from crossdock.remediation import actions as outbox

Action = Annotated[int, typer.Argument(help="As in `actions list`.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the case's history.")]
By = Annotated[str, typer.Option("--by", help="Who decides; default: the login.")]
COLUMNS = ("action_id", "case_id", "attempt", "step", "command", "partner_id", "state", "tries", "error")

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="actions")


@group.command("list")
def show_list(
    case: Annotated[int | None, typer.Option(help="Only of this case.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state, as dead.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """List actions, the newest first."""
    with connect("actions list") as connection:
        rows = outbox.listed(connection, case_id=case, state=state, limit=limit)
    if as_json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return
    if not rows:
        print("there is no such action")
        return
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in COLUMNS))
    Console(soft_wrap=False).print(table)


@group.command()
def show(action: Action) -> None:
    """Show an action whole: what was sent, what came back, and what was read of it since, as JSON."""
    with connect("actions show") as connection:
        print(orjson.dumps(outbox.shown(connection, action), option=orjson.OPT_INDENT_2).decode())


@group.command()
def retry(action: Action, reason: Reason, by: By = "") -> None:
    """Have a dead action tried again: an undoing is sent once more, a repair is decided anew."""
    with connect("actions retry") as connection:
        print(outbox.retry(connection, action, by or getpass.getuser(), reason))


@group.command()
def cancel(action: Action, reason: Reason, by: By = "") -> None:
    """Call off a step that was not sent: the steps before it are taken back, the case goes to its queue."""
    with connect("actions cancel") as connection:
        outbox.cancel(connection, action, by or getpass.getuser(), reason)
    print(f"action {action} is cancelled; what was done before it is taken back")
