"""`crossdock recovery`: how current each type of fulfillment event is, and was, against its objectives."""

from __future__ import annotations

import getpass
from datetime import datetime, timedelta
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.durations import duration
from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.recovery import api

group = typer.Typer(invoke_without_command=True, help=__doc__)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]
NOW = (
    "event",
    "source",
    "as of",
    "age",
    "allowed",
    "interrupted since",
    "recover within",
    "cause",
    "waiting",
    "verdict",
)
PAST = ("recovery", "event", "source", "causes", "began", "lasted", "recover within", "worst age", "allowed", "outcome")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="recovery")


@group.callback()
def now(context: typer.Context, as_json: AsJson = False) -> None:
    """Every type of event and source now: how old what we know is. Exit status 1 when an objective is missed."""
    if context.invoked_subcommand:
        return
    with connect("recovery") as connection:
        rows = api.status(connection)
    _print(rows, NOW, _now, as_json=as_json)
    raise typer.Exit(1 if any(row["is_age_missed"] or row["is_time_missed"] for row in rows) else 0)


@group.command()
def past(
    days: Annotated[int, typer.Option(help="Interruptions that began in the last so many days.")] = 30,
    event: Annotated[str | None, typer.Option(help="Only of this type.")] = None,
    limit: Annotated[int, typer.Option(help="So many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Interruptions that are over or last: since when, how long, why, and whether the objective was met."""
    with connect("recovery past") as connection:
        rows = api.past(connection, days=days, event_type=event, limit=limit)
    _print(rows, PAST, _past, as_json=as_json)


@group.command("set")
def set_objective(
    event: Annotated[str, typer.Argument(help="Type of event, as `crossdock recovery` names it.")],
    recover_within: Annotated[str, typer.Option(help="Recovery time, as in 90m; left out: as it was.")] = "",
    data_age: Annotated[str, typer.Option(help="Recovery point: allowed age of what we know, as in 15m.")] = "",
    criticality: Annotated[str, typer.Option(help="critical, high, normal or low.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decides; default: the login.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Let another objective hold from now on; the old one stays on record with its end."""
    if criticality not in ("", "critical", "high", "normal", "low"):
        raise Refused(f"there is no criticality {criticality!r}", hint="one of: critical, high, normal, low")
    with connect("recovery set") as connection:
        api.set_objective(
            connection, event, by=by or getpass.getuser(), recover_within=_given(recover_within),
            data_age_limit=_given(data_age), criticality=criticality or None, note=note or None,
        )  # fmt: skip
    print(f"from now on this holds for {event}")


def _given(text: str) -> timedelta | None:
    """A length of time, or None where nothing is said. Raises Refused for what is none."""
    if not text:
        return None
    try:
        length = duration(text, "90m")
    except ValueError:
        length = timedelta()
    if length <= timedelta():
        raise Refused(f"{text!r} is no length of time", hint="write a number and s, m, h or d, as in 90m")
    return length


def _print(rows: list[dict], heads: tuple[str, ...], line, *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(orjson.dumps(row, default=_seconds).decode())
        return
    table = Table(*heads)
    for row in rows:
        table.add_row(*line(row))
    Console().print(table)


def _seconds(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(type(value))


def _now(row: dict) -> tuple[str, ...]:
    return (
        row["event_type"], row["source"] or "", _moment(row["data_point_at"]), _length(row["data_age"]),
        _length(row["data_age_limit"]), _moment(row["began_at"]), _length(row["recover_within"]), row["cause"] or "",
        str(row["waiting_count"] or ""), _verdict(row),
    )  # fmt: skip


def _verdict(row: dict) -> str:
    missed = [name for name, key in (("age", "is_age_missed"), ("time", "is_time_missed")) if row[key]]
    if missed:
        return f"missed: {', '.join(missed)}"
    if row["is_out_of_reach"]:
        return "out of reach: read less often than allowed"
    if row["is_interrupted"]:
        return "interrupted"
    if row["source"] is None:
        return "no source, or nothing waits"
    return "ok" if row["data_point_at"] else "never read"


def _past(row: dict) -> tuple[str, ...]:
    outcome = row["outcome"] + (", age missed" if row["is_age_missed"] else "")
    return (
        str(row["recovery_id"]), row["event_type"], row["source"], ", ".join(row["causes"]), _moment(row["began_at"]),
        _length(row["lasted"]), _length(row["recover_within"]), _length(row["worst_age"]),
        _length(row["data_age_limit"]), outcome,
    )  # fmt: skip


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else ""


def _length(value: timedelta | None) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(value.total_seconds()))) if value is not None else ""
