"""`crossdock contracts`: what a feed must keep, whether a table keeps it, what changed between versions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.contracts import check as tables
from crossdock.contracts import docs as pages
from crossdock.contracts.diff import diff as differences
from crossdock.contracts.load import all_contracts, load, read
from crossdock.contracts.model import Contract
from crossdock.contracts.verdict import rules
from crossdock.core.errors import BadInput, Misconfigured
from crossdock.core.settings import settings
from crossdock.db.connect import connect

Ref = Annotated[str, typer.Argument(help="A contract, as in sap_s4/sales_orders.v1, or a file.")]

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="contracts")


def _contract(ref: str) -> Contract:
    return read(Path(ref)) if ref.endswith((".yaml", ".yml")) else load(ref)


@group.command("list")
def show_list() -> None:
    """List every contract."""
    table = Table("contract", "name", "version", "status", "objects", "rules")
    for contract in all_contracts():
        count = sum(len(rules(contract, schema)) for schema in contract.schema_)
        names = ", ".join(schema.name for schema in contract.schema_)
        table.add_row(contract.ref, contract.name, contract.version, contract.status, names, str(count))
    Console().print(table)


@group.command()
def show(ref: Ref) -> None:
    """Print a contract as its reference page."""
    print(pages.page(_contract(ref)))


@group.command()
def docs(
    folder: Annotated[Path | None, typer.Argument(help="Where to; default: docs/reference/contracts.")] = None,
) -> None:
    """Write the reference pages of every contract."""
    written = pages.write(all_contracts(), folder or settings().project_dir / "docs" / "reference" / "contracts")
    print(f"{len(written)} pages written to {written[0].parent}")


@group.command()
def diff(old: Ref, new: Ref) -> None:
    """Say what changed from OLD to NEW; status 1 when the change is not backwards compatible."""
    changes = differences(_contract(old), _contract(new))
    for change in changes:
        print(f"{'compatible' if change.is_compatible else 'BREAKING  '}  {change.where}: {change.what}")
    breaking = [change for change in changes if not change.is_compatible]
    if breaking:
        raise BadInput(
            f"{len(breaking)} changes break who keeps {old}",
            hint="publish it as a new version, beside the old one, and move partner after partner",
        )
    print("no difference" if not changes else "backwards compatible")


@group.command()
def check(
    feed: Annotated[
        str | None, typer.Option(help="Check what is new of every active feed of this contract or type.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="A table to judge instead, with its schema.")] = None,
    contract: Annotated[str | None, typer.Option(help="The contract to judge the table by.")] = None,
    dsn: Annotated[str | None, typer.Option(help="Where it is; default: CROSSDOCK_DSN.")] = None,
    since: Annotated[str | None, typer.Option(help="COLUMN=VALUE: only rows from there on.")] = None,
    limit: Annotated[int, typer.Option(help="How many failing rows to print per rule.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Every failing row as a JSON line.")] = False,
) -> None:
    """Judge a table by a contract, or run the full check of all feeds; status 1 on failing rows."""
    if table is None:
        _check_feeds(feed, dsn)
        return
    if contract is None:
        raise Misconfigured("--table needs --contract", hint="as in --contract expectations/mine/orders.v1.yaml")
    column, _, value = (since or "").partition("=")
    with connect("contracts check", conninfo=dsn) as connection:
        found = tables.failing_rows(
            connection, _contract(contract), table, changed_since=(column, value) if since else None
        )
    _report(found, limit, as_json)
    errors = {row[0] for row in found if row[5] == "error"}
    if errors:
        raise BadInput(f"{len(errors)} rows of {table} break {contract}", hint="the rows and reasons are above")


def _report(found: list[tuple], limit: int, as_json: bool) -> None:
    names = ("key", "rule", "field", "value", "reason", "severity")
    if as_json:
        for row in found:
            print(orjson.dumps(dict(zip(names, row, strict=True))).decode())
        return
    counts = Counter((row[1], row[2], row[5]) for row in found)
    for (rule, field, severity), count in counts.most_common():
        print(f"{rule} of {field}: {count} rows ({severity})")
        for row in [row for row in found if row[1:3] == (rule, field)][:limit]:
            print(f"  {row[0]}: {row[4]}")
    print(f"{len({row[0] for row in found})} failing rows, {len(counts)} broken rules")


def _check_feeds(feed: str | None, dsn: str | None) -> None:
    from crossdock.contracts.api import check_batch

    for row in check_batch(dsn):
        if feed is None or feed in (row["contract"], row["contract"].rsplit(".v", 1)[0].replace("/", ".")):
            failed = ", ".join(f"{rule} {count}" for rule, count in row["failed"].items()) or "all pass"
            print(f"{row['contract']} {row['object']}: {row['rows']} rows; {failed}")
