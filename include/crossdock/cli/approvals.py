"""`crossdock approvals`: the questions that wait for a person, and answering them."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.remediation import approvals as desk
from crossdock.remediation.questions import render

Approval = Annotated[int, typer.Argument(help="As in `approvals list`.")]
By = Annotated[str, typer.Option("--by", help="Your name in Airflow, whose roles count; default: the login.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the case's history.")]
COLUMNS = ("approval_id", "case_id", "order_id", "severity", "question", "proposed_by", "may_answer", "expires_as_of")

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="approvals")


@group.command("list")
def show_list(
    by: Annotated[str, typer.Option("--by", help="Only what this Airflow user may answer.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """List the questions that wait, the most pressing first."""
    with connect("approvals list") as connection:
        rows = desk.waiting(connection, roles_of(by) if by else None)
    if as_json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return
    if not rows:
        print("nothing waits for an answer")
        return
    table = Table(*COLUMNS)
    for row in rows:
        shown = {
            **row,
            "may_answer": ", ".join(row["may_answer"]),
            "expires_as_of": f"{row['expires_as_of']:%m-%d %H:%M}",
        }
        table.add_row(*("" if shown[name] is None else str(shown[name]) for name in COLUMNS))
    Console(soft_wrap=False).print(table)


@group.command()
def show(approval: Approval) -> None:
    """Show a question with its evidence and its candidates, as it is put to people."""
    with connect("approvals show") as connection:
        print(render(connection, approval)["body"])


@group.command()
def approve(
    approval: Approval,
    reason: Reason = "",
    choose: Annotated[str, typer.Option("--choose", help="Another candidate than the proposed one, by name.")] = "",
    by: By = "",
) -> None:
    """Agree: the repair is carried out."""
    _answer(approval, "approve", by, reason, choose)


@group.command()
def reject(approval: Approval, reason: Reason, by: By = "") -> None:
    """Say no: the repair is not carried out, and the case goes to its queue."""
    if not reason.strip():
        raise Refused(f"to reject approval {approval} needs a reason", hint="say why with --reason")
    _answer(approval, "reject", by, reason)


def _answer(approval: int, verdict: str, by: str, reason: str, choose: str = "") -> None:
    who = by or getpass.getuser()
    roles = roles_of(who)
    with connect("approvals answer") as connection:
        state = desk.answer(
            connection, approval, verdict, who, roles, reason=reason or None, front_end="cli", chosen=choose or None
        )
    print(f"approval {approval}: {desk.VERDICTS[verdict]} by {who}; its case is {state}")


def roles_of(user: str) -> list[str]:
    """What Airflow says the user may do: the command line gives nobody a right that they do not have there."""
    from crossdock.stack import questions

    return questions.roles_of(user)
