"""`crossdock policy`: what is done about which exception by itself, and what a change of that would have done."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import Misconfigured
from crossdock.db.connect import connect
from crossdock.remediation.backtest import Backtest, backtest
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies import files, store
from crossdock.remediation.policies.model import Policy

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
By = Annotated[str, typer.Option("--by", help="Who changes it; default: the login.")]

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="policy")


def _checked(connection: psycopg.Connection, policies: list[Policy]) -> list[Policy]:
    codes = [row[0] for row in connection.execute("select exception_code from ref.exception_catalogue")]
    queues = [row[0] for row in connection.execute("select queue from ref.queues")]
    tiers = [row[0] for row in connection.execute("select customer_tier from ref.customer_tiers")]
    files.check(policies, playbooks(), codes, queues, tiers)
    return policies


def _print(heads: tuple[str, ...], rows: list[tuple]) -> None:
    table = Table(*heads)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console(soft_wrap=False).print(table)


@group.command()
def check() -> None:
    """Check every policy and playbook: fields, commands, exceptions, queues. Changes nothing."""
    with connect("policy check") as connection:
        policies = _checked(connection, files.read_all())
    print(f"{len(policies)} policies and {len(playbooks())} playbooks are well: {files.folder()}")


@group.command()
def sync(by: By = "") -> None:
    """Load the policies of the folder into the database: a new version where the content changed."""
    with connect("policy sync") as connection:
        done = store.sync(connection, _checked(connection, files.read_all()), by or getpass.getuser())
    for name in done.added:
        print(f"loaded {name}")
    for name in done.retired:
        print(f"retired {name}: its file is gone")
    if not done.added and not done.retired:
        print("nothing has changed")


@group.command("list")
def show_list(as_json: AsJson = False) -> None:
    """List the policies in force: version, mode, exceptions, playbooks."""
    with connect("policy list") as connection:
        loaded = store.current(connection)
    if as_json:
        for one in loaded:
            print(orjson.dumps(_row(one)).decode())
        return
    rows = [_row(one) for one in loaded]
    _print(tuple(rows[0]), [tuple(", ".join(v) if isinstance(v, list) else v for v in row.values()) for row in rows])


def _row(one: store.Loaded) -> dict:
    policy = one.policy
    return {
        "policy": policy.policy,
        "version": one.version,
        "mode": policy.mode if policy.share is None else f"{policy.mode} {policy.share}",
        "exceptions": list(policy.exceptions),
        "playbooks": list(policy.playbooks),
        "attempts": policy.attempts,
    }


@group.command()
def show(
    name: Annotated[str, typer.Argument(help="Its name, as in `policy list`.")],
    version: Annotated[int | None, typer.Option(help="An older version; default: the newest.")] = None,
) -> None:
    """Show a policy whole, with every figure it leaves at its default, as JSON."""
    with connect("policy show") as connection:
        row = connection.execute(
            """
            select version, mode, content, loaded_at, loaded_by from ops.policies
            where policy_id = %s and version = coalesce(%s, version) order by version desc limit 1
            """,
            [name, version],
        ).fetchone()
    if row is None:
        raise Misconfigured(f"there is no policy {name!r} of that version", hint="see `crossdock policy list`")
    names = ("version", "mode", "content", "loaded_at", "loaded_by")
    print(orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_INDENT_2).decode())


@group.command("backtest")
def run_backtest(
    file: Annotated[Path, typer.Argument(help="The changed policy.", exists=True, dir_okay=False)],
    days: Annotated[int, typer.Option(help="So many days back, in business time.", min=1)] = 30,
    as_json: AsJson = False,
) -> None:
    """Decide the cases of the last days anew by a changed policy, and say what would differ. Changes nothing."""
    policy = files.read_policy(file)
    files.check_playbooks(policy, playbooks())
    with connect("policy backtest") as connection:
        result = backtest(connection, policy, days)
    if as_json:
        print(orjson.dumps(asdict(result), default=str, option=orjson.OPT_INDENT_2).decode())
    else:
        _say(result, days)


def _say(result: Backtest, days: int) -> None:
    print(f"{result.decisions} decisions of {days} days, {len(result.differences)} would differ")
    _print(("outcome", "was", "would be"), [(name, *pair) for name, pair in result.outcomes.items()])
    print(f"cost of what was chosen: {result.cost[0]}, would be {result.cost[1]}")
    if result.differences:
        rows = [(d.case_id, _pair(d.outcome), _pair(d.chosen), _pair(d.cost), d.reason) for d in result.differences]
        _print(("case", "outcome", "choice", "cost", "because"), rows)


def _pair(pair: tuple) -> str:
    was, now = (str(value) if value is not None else "none" for value in pair)
    return was if was == now else f"{was} → {now}"
