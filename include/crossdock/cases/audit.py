"""Whether the history of all cases is what it was when it was written."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from crossdock.cases.drain import statement
from crossdock.core.errors import Refused


def verify(connection: psycopg.Connection) -> list[dict]:
    """Every event changed, removed, inserted or out of its place, and every case that its history does not explain.

    One row each: position, event_id, case_id, event, problem, detail; whatever is not known is None.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("verify_chain")).fetchall()


def head(connection: psycopg.Connection) -> tuple[int, str]:
    """The newest position of the chain and its hash in hexadecimal; (0, '') while there is none."""
    row = connection.execute(
        "select position, encode(hash, 'hex') from ops.audit_chain order by position desc limit 1"
    ).fetchone()
    return row or (0, "")


def keep_head(connection: psycopg.Connection, exported_to: str) -> tuple[int, str]:
    """Write down that the newest head left the house, and to whom; return it. Raises Refused while there is none."""
    position, digest = head(connection)
    if not position:
        raise Refused("there is no case yet, so there is nothing to keep")
    connection.execute(
        "insert into ops.audit_heads (position, hash, exported_to) values (%s, decode(%s, 'hex'), %s) "
        "on conflict do nothing",
        [position, digest, exported_to],
    )
    return position, digest
