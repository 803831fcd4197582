"""`crossdock cases`: what is wrong, who acts next, and what people do about it."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.cases import api
from crossdock.cases.api import Which
from crossdock.cli.approvals import roles_of
from crossdock.db.connect import connect

CaseId = Annotated[int, typer.Argument(help="As in `cases list`.")]
As = Annotated[str, typer.Option("--as", help="The login under which it is done; default: that of this machine.")]
AsWorker = Annotated[str, typer.Option("--as", help="Your name in Airflow, whose roles count; default: the login.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
SHOWN = ("case_id", "title", "state", "severity", "owner_queue", "assignee", "sla_due_at", "next_action", "next_actor")
FRONT_END = "cli"

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="cases")


@group.command("list")
def show_list(
    queue: Annotated[str | None, typer.Option(help="Only of this queue, as in `warehouse`.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state; default: all that are not closed.")] = None,
    code: Annotated[str | None, typer.Option(help="Only led by this exception.")] = None,
    order: Annotated[str | None, typer.Option(help="Only of this order: our id, the ERP's or the partner's.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those assigned to me.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 200,
    login: As = "",
    as_json: AsJson = False,
) -> None:
    """List cases, the most severe first, then what is due first."""
    assignee = (login or getpass.getuser()) if mine else None
    with connect("cases list") as connection:
        found = api.find(connection, Which(state, queue, code, order, assignee, limit))
    if as_json:
        for row in found:
            print(orjson.dumps(row).decode())
    elif not found:
        print("no case is like that")
    else:
        Console(soft_wrap=False).print(_table(found))


@group.command()
def show(case_id: CaseId, as_json: AsJson = False) -> None:
    """Show one case whole: what stands open, what was asked and done, and its history."""
    with connect("cases show") as connection:
        found = api.show(connection, case_id)
    if as_json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for line in _told(found):
        print(line)


@group.command()
def assign(
    case_id: CaseId,
    to: Annotated[str | None, typer.Argument(help="Login of who takes it; none gives it back to its queue.")] = None,
    login: As = "",
) -> None:
    """Give a case to a person, or back to its queue."""
    with connect("cases assign") as connection:
        api.assign(connection, case_id, to, by=login or getpass.getuser(), front_end=FRONT_END)
    print(f"case {case_id} is with {to}" if to else f"case {case_id} is back with its queue")


@group.command()
def dismiss(
    case_id: CaseId, reason: Annotated[str, typer.Option(help="Why nothing need be done.")], login: AsWorker = ""
) -> None:
    """Say that nothing need be done, and why; a question that waits is withdrawn."""
    who = login or getpass.getuser()
    with connect("cases dismiss") as connection:
        api.must_work(connection, case_id, who, roles_of)
        api.dismiss(connection, case_id, reason, by=who, front_end=FRONT_END)
    print(f"case {case_id} is dismissed")


@group.command()
def reopen(
    case_id: CaseId,
    reason: Annotated[str, typer.Option(help="Why it should be looked at after all.")],
    login: AsWorker = "",
) -> None:
    """Have a dismissed case looked at after all."""
    who = login or getpass.getuser()
    with connect("cases reopen") as connection:
        api.must_work(connection, case_id, who, roles_of)
        api.reopen(connection, case_id, reason, by=who, front_end=FRONT_END)
    print(f"case {case_id} is open again")


@group.command()
def note(
    case_id: CaseId, text: Annotated[str, typer.Argument(help="What to write into its history.")], login: As = ""
) -> None:
    """Write something into the history of a case."""
    with connect("cases note") as connection:
        api.note(connection, case_id, text, by=login or getpass.getuser(), front_end=FRONT_END)
    print(f"noted in case {case_id}")


def _table(rows: list[dict]) -> Table:
    table = Table(*SHOWN)
    for row in rows:
        due = f"{row['sla_due_at']:%Y-%m-%d %H:%M}{' overdue' if row['is_overdue'] else ''}"
        table.add_row(*(_cell(due if name == "sla_due_at" else row[name]) for name in SHOWN))
    return table


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _told(case: dict) -> list[str]:
    """The case in sentences: heading, then symptoms, questions, actions and history."""
    who = f"{case['owner_queue']}, {case['assignee']}" if case["assignee"] else case["owner_queue"]
    lines = [
        f"Case {case['case_id']}: {case['title']}",
        f"  {case['state']}, {case['severity']}, with {who}; due {_moment(case['sla_due_at'])}",
        f"  next: {case['next_action']} ({case['next_actor']})",
        "Symptoms",
    ]
    for s in case["symptoms"]:
        until = f", cleared {_moment(s['cleared_as_of'])}" if s["cleared_as_of"] else ""
        lines.append(f"  {s['code']} of {s['subject_id']} since {_moment(s['since_at'])}{until}")
    if case["approvals"]:
        lines.append("Questions")
        lines += [f"  {a['question']} {a['state']} {a['decided_by'] or ''}".rstrip() for a in case["approvals"]]
    if case["actions"]:
        lines.append("Actions")
        lines += [f"  {a['attempt']}.{a['step']} {a['command']}: {a['state']}" for a in case["actions"]]
    lines.append("History")
    for e in case["events"]:
        moved = f" → {e['to_state']}" if e["to_state"] else ""
        said = f": {e['reason']}" if e["reason"] else ""
        lines.append(f"  {_moment(e['as_of'])} {e['event']}{moved} by {e['actor']}{said}")
    return lines


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
