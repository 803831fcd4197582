"""`crossdock up | down | status | doctor | env | logs` run everything here; `prepare` uses a Postgres elsewhere."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import Misconfigured, PartnerDown
from crossdock.core.settings import settings
from crossdock.stack import dotenv, environment, report
from crossdock.stack.postgres import OWNER
from crossdock.stack.progress import StepFailed, explain
from crossdock.stack.state import State, load

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (up, down, status, doctor, env, logs, trigger, prepare):
        app.command(command.__name__)(command)


def _installation() -> State:
    state = load(settings().home_dir)
    if not state.values:
        raise Misconfigured(f"nothing is installed in {state.home}", hint="crossdock up")
    return state


def up(
    lab: Annotated[
        bool | None, typer.Option("--lab/--no-lab", help="With the simulated distributor; default: as last time.")
    ] = None,
) -> None:
    """Start Postgres, Airflow, the inbox, the worker (and the lab); a second time, what is missing."""
    from crossdock.stack import boot  # imports the migrations, which the other commands need not pay for

    try:
        state = boot.up(lab=lab)
    except StepFailed as error:
        print(explain(error), file=sys.stderr)
        raise typer.Exit(1) from None
    for place, how in report.logins(state):
        print(f"{place:8} {how}")
    print("Stop with `crossdock down`.")


def down() -> None:
    """Stop everything; nothing is left running. Data stays."""
    from crossdock.stack import boot

    left = boot.down()
    print("stopped" + (f" ({left} left over from a killed supervisor ended)" if left else ""))


def status(as_json: AsJson = False) -> None:
    """What runs, where it listens and how much memory it takes. Exit status 1 when nothing runs."""
    found = report.status(_installation())
    if as_json:
        print(json.dumps(found, indent=1))
    elif found["running"]:
        _print_status(found)
    else:
        print(f"nothing runs in {found['home']}; {found['leftovers']} leftovers (`crossdock down` ends them)")
    raise typer.Exit(0 if found["running"] else 1)


def _print_status(found: dict) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("process", "state", "pid", "up (s)", "restarts", "memory (MiB)"):
        table.add_column(heading, justify="left" if heading in ("process", "state") else "right")
    for row in found["processes"]:
        table.add_row(*(str(row[key]) for key in ("name", "state", "pid", "seconds", "restarts", "memory_mib")))
    table.add_row("all", "", "", "", "", str(found["memory_mib"]))
    console = Console()
    console.print(table)
    for name, place in (
        found["addresses"] | {f"airflow {part}": said for part, said in found["airflow"].items()}
    ).items():
        console.print(f"{name:24} {place}", highlight=False)


def doctor(as_json: AsJson = False) -> None:
    """Check the installation and say how to mend it. Exit status 1 when something is wrong."""
    from crossdock.stack.doctor import examine

    found = examine(_installation())
    if as_json:
        print(json.dumps([{name: getattr(finding, name) for name in finding.__slots__} for finding in found], indent=1))
    else:
        for finding in found:
            sign = {"ok": "✓", "warning": "!", "wrong": "✗"}[finding.verdict]
            print(f"{sign} {finding.check}: {finding.said}" + (f"\n    mend: {finding.mend}" if finding.mend else ""))
    raise typer.Exit(1 if any(finding.verdict == "wrong" for finding in found) else 0)


def env(
    example: Annotated[
        bool, typer.Option("--example", help="Print .env.example: every variable, its default and meaning.")
    ] = False,
    owner: Annotated[bool, typer.Option("--owner", help="With the owner's DSN, for migrations.")] = False,
) -> None:
    """Print this installation's variables as shell exports: `eval "$(crossdock env)"`. They hold passwords."""
    if example:
        print(dotenv.text(), end="")
        return
    state = _installation()
    chosen = environment.person(state) | ({"CROSSDOCK_ADMIN_DSN": environment.dsn(state, OWNER)} if owner else {})
    for name, value in sorted(chosen.items()):
        print(f"export {name}={shlex.quote(value)}")


def logs(
    process: Annotated[str, typer.Argument(help="As `crossdock status` names it; empty: list the logs.")] = "",
    lines: Annotated[int, typer.Option("--lines", "-n")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
) -> None:
    """Show the end of a process's log."""
    found = report.log_files(_installation())
    if not process:
        print("\n".join(f"{name:24} {path}" for name, path in found.items()))
        return
    if process not in found:
        raise Misconfigured(f"there is no log {process!r}", hint=f"one of: {', '.join(found)}")
    subprocess.run(["tail", "-n", str(lines), *(["-F"] if follow else []), found[process]], check=False)


def trigger(dag: Annotated[str, typer.Argument(help="Its id, or a pattern as in 'ingest__sap-main__*'.")]) -> None:
    """Start a run of one or more DAGs now, beside their schedule."""
    import httpx

    from crossdock.stack import airflow

    try:
        print("\n".join(airflow.trigger(_installation(), dag)))
    except httpx.HTTPError as error:
        raise PartnerDown(f"Airflow did not start it: {error}", hint="crossdock doctor") from None


def prepare() -> None:
    """Make roles, databases, tables and models on a Postgres of your own (CROSSDOCK_SUPERUSER_DSN); may be repeated."""
    from crossdock.stack import external

    for line in external.prepare():
        print(line)
