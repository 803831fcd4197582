"""`crossdock edi …`: look into X12 files; no database needed."""

from __future__ import annotations

import gc
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import Misconfigured
from crossdock.edi import show
from crossdock.edi.records import lines
from crossdock.edi.x12.reader import blocks, read

commands = typer.Typer(no_args_is_help=True, help=__doc__)
File = Annotated[Path, typer.Argument(help="An X12 file.")]


def register(app: typer.Typer) -> None:
    """Add `crossdock edi`."""
    app.add_typer(commands, name="edi")


def _checked(file: Path) -> Path:
    if not file.is_file():
        raise Misconfigured(f"there is no file {file}", hint="give the path of an X12 file")
    return file


@commands.command("read")
def read_file(file: File) -> None:
    """Print each set and interchange as a line of JSON; exit 1 when an envelope, group or set does not add up.

    Reads forward in constant memory: a set comes before the record of its interchange, which has the verdict.
    """
    gc.disable()  # nothing here makes cycles, and looking for them costs a fifth
    is_clean = True
    for line, is_right in lines(read(blocks(_checked(file)))):
        sys.stdout.buffer.write(line)
        is_clean &= is_right
    sys.stdout.buffer.flush()
    raise typer.Exit(0 if is_clean else 1)


@commands.command("check")
def check_file(
    file: File, as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False
) -> None:
    """Show the three verdicts on every interchange and set; exit 1 when anything is rejected."""
    rows = show.verdicts(_checked(file).read_bytes())
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        Console(width=160, soft_wrap=True).print(_table(rows))
    raise typer.Exit(1 if any("rejected" in row.values() for row in rows) else 0)


def _table(rows: list[dict]) -> Table:
    table = Table(*show.COLUMNS)
    for row in rows:
        table.add_row(*(row[name] for name in show.COLUMNS))
    return table


@commands.command("acknowledge")
def acknowledge_file(
    file: File, number: Annotated[int, typer.Option(help="Control number of the first answer.")] = 1
) -> None:
    """Print the TA1, 997 and 855 that answer a file, every item known and nothing out of stock."""
    for content in show.answers_to(_checked(file).read_bytes(), number, datetime.now(UTC)):
        sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@commands.command("send")
def send(partner_id: Annotated[str, typer.Argument(help="As in partner.yaml.")]) -> None:
    """Put the documents that we owe an EDI partner into its mailbox."""
    from crossdock.edi.api import send_ready

    print(f"{send_ready(partner_id)} documents sent to {partner_id}")
