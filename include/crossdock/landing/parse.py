"""Reading the documents that the inbox stored: the second half of a webhook, after the partner has its 200."""

from __future__ import annotations

import psycopg

from crossdock.core import log
from crossdock.core.errors import Unparsable
from crossdock.landing.feeds import feed_by_id
from crossdock.landing.quarantine import set_aside
from crossdock.landing.store import land_records

logger = log.get("landing")

CLAIM = """
    with claimed as (
        delete from raw.pending_documents
        where document_id in (
            select document_id from raw.pending_documents order by document_id limit %s for update skip locked)
        returning document_id
    )
    select d.document_id, d.feed_id, d.content
    from claimed
    join raw.documents as d using (document_id)
    order by d.document_id
"""


def parse_pending(connection: psycopg.Connection, limit: int = 500) -> int:
    """Turn stored documents into records, in one transaction; return how many documents were read."""
    with connection.transaction():
        claimed = connection.execute(CLAIM, [limit]).fetchall()
        for feed_id in sorted({row[1] for row in claimed}):
            _parse_feed(connection, feed_id, [(d, bytes(c)) for d, f, c in claimed if f == feed_id])
    return len(claimed)


def _parse_feed(connection: psycopg.Connection, feed_id: int, documents: list[tuple[int, bytes]]) -> None:
    chosen = feed_by_id(connection, feed_id)
    connector = chosen.connector(offline=True)
    readable = []
    for document_id, content in documents:
        try:
            readable.append((document_id, list(connector.records(chosen.kind, content))))
        except Unparsable as error:
            set_aside(connection, feed_id, document_id, str(error))
            logger.warning(
                "document set aside",
                partner_id=chosen.partner_id,
                feed=chosen.feed,
                document_id=document_id,
                error=str(error),
            )
    land_records(connection, feed_id, readable)
