"""Judge what a lane has claimed: bad records and bad parts are set aside, the rest flows."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import psycopg

from crossdock.contracts.verdict import verdict_sql

SUPERSEDED = Path(__file__).with_name("superseded.sql").read_text()


def judge(connection: psycopg.Connection, feed_ids: list[int]) -> int:
    """Set aside what breaks its contract among `pg_temp.claimed (record_id, feed_id)`; returns how many are new.

    One statement a contract, in the caller's transaction. A record that is judged again and passes now has its open
    rows closed; a record whose rule was released by a person is not set aside for that rule again.
    """
    by_contract: dict[str, list[int]] = defaultdict(list)
    for feed_id, ref in connection.execute(
        "select feed_id, contract from ref.feeds where feed_id = any(%s)", [feed_ids]
    ):
        by_contract[ref].append(feed_id)
    count = 0
    for ref, ids in by_contract.items():
        count += connection.execute(verdict_sql(ref), {"feed_ids": ids}).fetchone()[0]
    connection.execute(SUPERSEDED, {"feed_ids": feed_ids})
    return count


def quarantine_document(
    connection: psycopg.Connection,
    document_id: int,
    feed_id: int,
    rule: str,
    reason: str,
    *,
    part: str = "",
    field: str | None = None,
    value: str | None = None,
    order_ref: str | None = None,
) -> None:
    """Set a whole document (or a part of it that no record was made of) aside; twice leaves one open row."""
    connection.execute(
        """
        insert into ops.quarantine (feed_id, document_id, part, rule, field, value, reason, order_ref)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        [feed_id, document_id, part, rule, field, value, reason, order_ref],
    )
