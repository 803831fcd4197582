"""Reading kept bytes once more, as the parser reads them today: what comes out otherwise is a newer version."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import psycopg

from crossdock.connectors.base import Record
from crossdock.core.errors import Unparsable
from crossdock.landing.feeds import feed_by_id
from crossdock.landing.quarantine import RULE, set_aside
from crossdock.landing.store import land_records

KEPT = """
    select document_id, feed_id, content from raw.documents
    where document_id = any(%s) and content is not null order by document_id
"""
LANDED = "select record_id from raw.records where record_id > %s and document_id = any(%s)"
NEWER = """
    select distinct r.native_id from raw.records as r
    where r.feed_id = %s and r.native_id = any(%s) and r.document_id > %s
"""
READABLE = """
    update ops.quarantine
    set state = 'replayed', resolved_at = clock_timestamp(), resolved_by = 'replay', resolution = 'document read again'
    where document_id = %s and record_id is null and part = '' and rule = %s and state = 'open'
"""


def read_again(
    connection: psycopg.Connection,
    documents: Sequence[int],
    objects: Collection[tuple[int, str]],
    *,
    others: bool,
) -> list[int]:
    """Land what these documents say of `objects` (`others`: of all but these) and we did not know; the new record ids.

    In the caller's transaction; what is landed counts as waiting. Where the source gives no time of change, an object
    that a later document speaks of is left as it is: the older document would overtake it.
    """
    last = connection.execute("select coalesce(max(record_id), 0) from raw.records").fetchone()[0]
    for document_id, feed_id, content in connection.execute(KEPT, [list(documents)]).fetchall():
        chosen = feed_by_id(connection, feed_id)
        try:
            found = list(chosen.connector(offline=True).records(chosen.kind, bytes(content)))
        except Unparsable as error:
            set_aside(connection, feed_id, document_id, str(error))
            continue
        connection.execute(READABLE, [document_id, RULE])
        wanted = [r for r in found if ((feed_id, r.native_id) in objects) is not others]
        land_records(connection, feed_id, [(document_id, _current(connection, feed_id, document_id, wanted))])
    return [row[0] for row in connection.execute(LANDED, [last, list(documents)])]


def _current(connection: psycopg.Connection, feed_id: int, document_id: int, found: list[Record]) -> list[Record]:
    timeless = [r.native_id for r in found if r.changed_at is None]
    overtaken = {row[0] for row in connection.execute(NEWER, [feed_id, timeless, document_id])} if timeless else set()
    return [r for r in found if r.changed_at is not None or r.native_id not in overtaken]
