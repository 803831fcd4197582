"""Cases as people look at them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import psycopg
from psycopg.rows import dict_row

from crossdock.cases.drain import statement
from crossdock.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Which:
    """Which cases are meant; None: whichever. Without a state, those that live. `order` is any number of the order."""

    state: str | None = None
    queue: str | None = None
    code: str | None = None
    order: str | None = None
    assignee: str | None = None
    limit: int = 200


def find(connection: psycopg.Connection, which: Which) -> list[dict]:
    """The cases meant, the most severe first, then what is due first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("list"), asdict(which)).fetchall()


def show(connection: psycopg.Connection, case_id: int) -> dict:
    """One case with its symptoms, approvals, actions and events. Raises Refused when there is none."""
    row = connection.execute(statement("show"), {"case_id": case_id}).fetchone()
    if row is None:
        raise Refused(f"there is no case {case_id}", hint="see `crossdock cases list`")
    return row[0]
