"""`crossdock codes`: partners' codes and ours, effective-dated; what is missing, most wanted first."""

from __future__ import annotations

import difflib
import getpass
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from crossdock.contracts import codes
from crossdock.contracts.codes import Code
from crossdock.core.errors import Refused
from crossdock.db.connect import connect

PARTNER_DOC = "Partner, or '*' for every partner of the system type."
Partner = Annotated[str, typer.Argument(help=PARTNER_DOC)]
Kind = Annotated[str, typer.Argument(help="Kind of code, as in uom.")]
Theirs = Annotated[str, typer.Argument(metavar="THEIR_CODE")]
Ours = Annotated[str, typer.Argument(metavar="OUR_CODE")]
By = Annotated[str, typer.Option("--by", help="Who approves; default: the login.")]

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="codes")


def _table(names: tuple[str, ...], rows: list[tuple], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(orjson.dumps(dict(zip(names, row, strict=True)), default=str).decode())
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)


def _time(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise Refused(f"{given!r} is no time", hint="write it as in 2026-03-01 or 2026-03-01T14:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@group.command("list")
def show_list(
    partner: Annotated[str | None, typer.Option(help="Only of this partner.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    history: Annotated[bool, typer.Option(help="Closed mappings too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """List mappings."""
    with connect("codes list") as connection:
        rows = connection.execute(
            """
            select system_type, partner_id, kind, their_code, our_code, nullif(valid_from, '-infinity'),
                nullif(valid_to, 'infinity'), approved_by
            from ref.code_map
            where (%(partner)s::text is null or partner_id = %(partner)s)
                and (%(kind)s::text is null or kind = %(kind)s)
                and (%(history)s or valid_to > ref.as_of())
            order by 1, 2, 3, 4, valid_from
            """,
            {"partner": partner, "kind": kind, "history": history},
        ).fetchall()
    names = ("system_type", "partner", "kind", "their_code", "our_code", "valid_from", "valid_to", "approved_by")
    _table(names, rows, as_json)


@group.command()
def add(
    partner: Partner,
    kind: Kind,
    their_code: Theirs,
    our_code: Ours,
    system_type: Annotated[str | None, typer.Option(help="Needed where the partner is '*'.")] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", help="From when; default: always, or since the last.")
    ] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help="Until when; default: for ever.")] = None,
    replace: Annotated[bool, typer.Option(help="Close the mapping that holds now.")] = False,
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    by: By = "",
) -> None:
    """Map a code; records that it touches are queued to be judged and derived again, and no others."""
    with connect("codes add") as connection:
        system_type = system_type or _system_type(connection, partner)
        code = Code(system_type, partner, kind, their_code, our_code, _time(valid_from), _time(valid_to))
        if replace:
            codes.close_like(connection, code)
        codes.add(connection, code, approved_by=by or getpass.getuser(), note=note)
        count = codes.requeue(connection, [code])
    print(f"{kind} {their_code!r} of {partner} is {our_code!r}; {count} records queued again")


@group.command()
def approve(partner: Partner, kind: Kind, their_code: Theirs, by: By = "") -> None:
    """Take the proposal that `codes missing` makes for a code, under your name."""
    with connect("codes approve") as connection:
        system_type = _system_type(connection, partner)
        proposal = _proposal(connection, system_type, partner, kind, their_code)
        if proposal is None:
            raise Refused(
                f"nothing is proposed for {kind} {their_code!r} of {partner}",
                hint=f"say what it is: crossdock codes add {partner} {kind} {their_code} OUR_CODE",
            )
        code = Code(system_type, partner, kind, their_code, proposal)
        codes.add(connection, code, approved_by=by or getpass.getuser(), note="proposed from similar codes")
        count = codes.requeue(connection, [code])
    print(f"{kind} {their_code!r} of {partner} is {proposal!r}; {count} records queued again")


@group.command()
def missing(as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False) -> None:
    """Rank the codes that wait for a mapping, with what similar codes would suggest; nothing is mapped by itself."""
    with connect("codes missing") as connection:
        rows = [(*row[1:4], _proposal(connection, *row[:4]), *row[4:]) for row in codes.missing(connection)]
    _table(("partner", "kind", "their_code", "proposal", "records", "orders", "since"), rows, as_json)


def _system_type(connection, partner: str) -> str:
    row = connection.execute("select system_type from ref.partners where partner_id = %s", [partner]).fetchone()
    if row is None:
        raise Refused(
            f"there is no partner {partner!r}", hint="see `crossdock partner list`; for '*' give --system-type"
        )
    return row[0]


def _proposal(connection, system_type: str, partner: str, kind: str, their_code: str) -> str | None:
    """Our code of the most similar code of that kind, the partner's own first; None where none is alike."""
    rows = connection.execute(
        "select their_code, our_code from ref.code_map where kind = %s and valid_to > ref.as_of() "
        "order by (system_type = %s) desc, (partner_id = %s) desc, their_code",
        [kind, system_type, partner],
    ).fetchall()
    known = {}
    for theirs, ours in rows:
        known.setdefault(theirs.casefold(), ours)
        known.setdefault(ours.casefold(), ours)
    close = difflib.get_close_matches(their_code.casefold(), known, n=1, cutoff=0.6)
    return known[close[0]] if close else None
