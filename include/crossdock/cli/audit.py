"""`crossdock audit`: whether the history of the cases is what was written."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from crossdock.cases import api as cases
from crossdock.core.errors import CrossdockError
from crossdock.db.connect import connect

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines instead of sentences.")]
group = typer.Typer(no_args_is_help=True, help=__doc__)


class Tampered(CrossdockError):
    """The history is not what was sealed."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="audit")


@group.command()
def verify(as_json: AsJson = False) -> None:
    """Compute the whole chain anew and name every event that was changed, removed or inserted; exit 1 for any."""
    with connect("audit verify") as connection:
        position, _ = cases.head(connection)
        problems = cases.verify(connection)
    for row in problems:
        print(orjson.dumps(row).decode() if as_json else _sentence(row))
    if problems:
        raise Tampered(
            f"the history is not what was written, in {len(problems)} of its places",
            hint="compare them with a backup, and ask who had the owner's password",
        )
    if not as_json:
        print(f"{position} events, each as it was written")


@group.command()
def head(
    kept_by: Annotated[
        str | None, typer.Option("--kept-by", help="Who is given it: later `verify` holds the chain to it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest position of the chain and its hash, to be kept where the owner of the database cannot write."""
    with connect("audit head") as connection:
        position, digest = cases.keep_head(connection, kept_by) if kept_by else cases.head(connection)
    print(orjson.dumps({"position": position, "hash": digest}).decode() if as_json else f"{position} {digest}")


def _sentence(row: dict) -> str:
    where = f"case {row['case_id']}" if row["case_id"] else "unknown case"
    what = f", event {row['event_id']}" if row["event_id"] else ""
    named = f" ({row['event']})" if row["event"] else ""
    return f"{row['problem']}: {where}{what}{named}: {row['detail']}"
