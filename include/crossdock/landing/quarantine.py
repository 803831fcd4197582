"""A document that cannot be read: its bytes stay, a person is told which one and why."""

from __future__ import annotations

import psycopg

RULE = "readable"


def set_aside(connection: psycopg.Connection, feed_id: int, document_id: int, reason: str, *, part: str = "") -> None:
    """Quarantine a document, or one record of it (`part`), that could not be read; twice leaves one open row."""
    connection.execute(
        """
        insert into ops.quarantine (feed_id, document_id, part, rule, reason)
        values (%s, %s, %s, %s, %s)
        on conflict (document_id, part, rule, field) where state = 'open' and record_id is null do nothing
        """,
        [feed_id, document_id, part, RULE, reason],
    )
