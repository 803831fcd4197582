"""What the pages ask the database: each `.sql` file of this room, one round trip, rows as dicts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from crossdock.desk.filters import PAGE, Filter
from crossdock.desk.viewer import Viewer

SQL = Path(__file__).parent / "sql"
CASE_NUMBER = re.compile(r"^(?:case[ -]?|#)?(\d{1,18})$", re.IGNORECASE)
LONGEST_TRACE = 5000
"""Rows of a time line that are shown; an order has some dozens."""


@cache
def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()


def ask(connection: psycopg.Connection, name: str, values: dict | None = None) -> list[dict]:
    """The rows of one query. Planned for its values each time: filters that do not apply fall away."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_sql(name), values, prepare=False).fetchall()


def queues(connection: psycopg.Connection) -> list[dict]:
    """Each queue with its role, its living and overdue cases and the questions waiting for it."""
    return ask(connection, "counts")


def vocabulary(connection: psycopg.Connection) -> list[dict]:
    """{kind, value, title} of the states and the exception codes."""
    return ask(connection, "vocabulary")


def find(connection: psycopg.Connection, text: str) -> list[dict]:
    """{thread_id, identifier, order_id} of everything that carries this number."""
    return ask(connection, "find", {"text": text})


def case_number(text: str) -> int | None:
    """The case a search may mean: `17`, `#17`, `case 17`."""
    found = CASE_NUMBER.match(text)
    return int(found[1]) if found else None


def page(connection: psycopg.Connection, chosen: Filter, viewer: Viewer, found: list[dict]) -> tuple[list[dict], bool]:
    """The rows of one page of the list, and whether there is another behind it."""
    values = chosen.values(viewer) | {
        "threads": sorted({row["thread_id"] for row in found}) if chosen.text else None,
        "case_id": case_number(chosen.text),
    }
    order = "page_urgent" if chosen.is_urgent_first else "page_newest"
    ids = [row["case_id"] for row in ask(connection, order, values)]
    return ask(connection, "cases", {"ids": ids[:PAGE]}), len(ids) > PAGE


def names(connection: psycopg.Connection, viewer: Viewer, threads: list[str]) -> dict[str, str]:
    """Thread → customer's name; empty for viewers whose role does not need it."""
    if not viewer.sees_names:
        return {}
    return {row["thread_id"]: row["name"] for row in ask(connection, "names", {"threads": threads})}


def case(connection: psycopg.Connection, case_id: int) -> dict | None:
    """A case with everything that hangs on it, or None."""
    return next(iter(ask(connection, "case", {"case_id": case_id})), None)


def right(connection: psycopg.Connection, case_id: int) -> dict | None:
    """Whose case it is and who may answer its question, or None."""
    return next(iter(ask(connection, "right", {"case_id": case_id})), None)


def approvals(connection: psycopg.Connection) -> list[dict]:
    """Every question that waits."""
    return ask(connection, "approvals")


def trace(connection: psycopg.Connection, thread_id: str) -> tuple[dict, list[dict]] | None:
    """The short answer and the time line of a thread, or None where nothing is known of it."""
    answer = next(iter(ask(connection, "answer", {"thread": thread_id})), None)
    if answer is None:
        return None
    return answer, ask(connection, "trace", {"thread": thread_id, "limit": LONGEST_TRACE})
