"""What the lane, the DAGs, the outbox and the command line call: judge duplicates, write what we owe, send it, again.

Every answer is a row of ops.outbound_documents before it goes anywhere; its idempotency key is made of what it answers,
so that judging a record twice owes nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from crossdock.edi.outbound import draft, keep
from crossdock.edi.owed import SQL, owed, received
from crossdock.edi.resend import resend, shown
from crossdock.edi.sending import send_ready

__all__ = ["acknowledge", "judge_duplicates", "resend", "send_ready", "shown"]


def judge_duplicates(connection: psycopg.Connection, record_ids: Sequence[int]) -> int:
    """Set aside what reuses a control number for other bytes; returns how many records. Idempotent."""
    return connection.execute((SQL / "duplicates.sql").read_text(), {"record_ids": list(record_ids)}).rowcount


def acknowledge(connection: psycopg.Connection, record_ids: Sequence[int]) -> int:
    """Write down what we owe for these judged records (others than X12 are passed over); returns how many documents.

    In the caller's transaction. An order judged again with another outcome gets a new 855 that replaces the old.
    """
    count = 0
    for given in received(connection, record_ids):
        for answer in owed(connection, given):
            count += keep(connection, draft(given, answer)) is not None
    return count
