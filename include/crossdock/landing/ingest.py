"""One poll of one feed: read pages, keep them, advance the cursor.

Each page is one transaction (document, records, queue, cursor), so a run that dies goes on where it stopped. A window
(`window_from`, `window_to`) re-reads the past for a backfill and leaves the cursor alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime

import psycopg

from crossdock.connectors.base import Page
from crossdock.core import clock, log
from crossdock.core.errors import CrossdockError, Retriable, Unparsable
from crossdock.core.ids import correlation_id
from crossdock.db.connect import connect
from crossdock.landing.feeds import Feed, feed, feeds
from crossdock.landing.quarantine import set_aside
from crossdock.landing.store import hash_lock, land_records, store_document

logger = log.get("landing")
AT_ONCE = 4  # feeds read side by side by ingest_all


@dataclass(slots=True)
class Run:
    """What one run of a feed did. Counts are documents and records; `landed` are those new to us."""

    partner_id: str
    feed: str
    documents: int = 0
    records_read: int = 0
    records_landed: int = 0
    unparsable: int = 0
    correlation_id: str = field(default_factory=correlation_id)


def ingest(
    partner_id: str,
    name: str,
    *,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    trigger: str = "manual",
    conninfo: str | None = None,
) -> Run:
    """Read a feed once. Raises what the connector raises, after the run has been recorded as failed."""
    with connect(f"ingest {partner_id}/{name}", conninfo=conninfo, autocommit=True) as connection:
        chosen = feed(connection, partner_id, name)
        run = Run(partner_id, name)
        since = {"from": window_from.isoformat()} if window_from else _cursor(connection, chosen)
        if since is None:
            logger.info("another worker is reading this feed", partner_id=partner_id, feed=name)
            return run
        run_id = _begin(connection, chosen, run, since, trigger, window_from, window_to)
        try:
            with log.bound(partner_id=partner_id, feed=name, correlation_id=run.correlation_id, run_id=run_id):
                _read(
                    connection,
                    chosen,
                    run,
                    run_id,
                    since,
                    window_to,
                    moves_cursor=window_from is None,
                    conninfo=conninfo,
                )
        except CrossdockError as error:
            _end(connection, run, run_id, error)
            logger.warning(
                "feed not read",
                error=str(error),
                error_class=type(error).__name__,
                retriable=isinstance(error, Retriable),
            )
            raise
        _end(connection, run, run_id, None)
        logger.info("feed read", **{k: v for k, v in asdict(run).items() if isinstance(v, int)})
        return run


def ingest_all(*, trigger: str = "manual", conninfo: str | None = None) -> list[tuple[Feed, Run | CrossdockError]]:
    """Read every feed that is not only pushed, a few at a time; one that fails does not hold up the others."""
    with connect("ingest all", conninfo=conninfo) as connection:
        chosen = [each for each in feeds(connection) if each.mode != "push"]

    def read(each: Feed) -> Run | CrossdockError:
        try:
            return ingest(each.partner_id, each.feed, trigger=trigger, conninfo=conninfo)
        except CrossdockError as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(zip(chosen, pool.map(read, chosen), strict=True))


def _cursor(connection: psycopg.Connection, chosen: Feed) -> dict | None:
    """The stored cursor, locked to this session; None when another session is reading the feed now."""
    lock = [hash_lock("cursor"), chosen.feed_id]
    if not connection.execute("select pg_try_advisory_lock(%s, %s)", lock).fetchone()[0]:
        return None
    row = connection.execute("select cursor from raw.cursors where feed_id = %s", [chosen.feed_id]).fetchone()
    return row[0] if row else {}


def _read(
    connection: psycopg.Connection, chosen: Feed, run: Run, run_id: int, since: dict, until: datetime | None, *,
    moves_cursor: bool, conninfo: str | None,
) -> None:  # fmt: skip
    read_through = clock.read(connection) if chosen.mode == "file" else None  # a mailbox has no clock of its own
    with chosen.gate(conninfo) as gate:
        connector = chosen.connector(gate=gate)
        first = _is_first_load(connection, chosen)
        for page in connector.pages(chosen.kind, since, until):
            read_through = read_through or page.server_at
            with connection.transaction():
                records = connector.records(chosen.kind, page.content)
                _land_page(connection, chosen, run, run_id, page, records, is_first_load=first)
                if moves_cursor and page.cursor is not None:
                    _store_cursor(connection, chosen, page.cursor)
    if moves_cursor:
        connection.execute(
            """
            insert into raw.cursors (feed_id, read_through_at, read_at)
            select %(feed_id)s, %(read_through_at)s, started_at from raw.runs where run_id = %(run_id)s
            on conflict (feed_id) do update
            set read_through_at = greatest(raw.cursors.read_through_at, excluded.read_through_at),
                read_at = greatest(raw.cursors.read_at, excluded.read_at),
                updated_at = clock_timestamp()
            """,
            {"feed_id": chosen.feed_id, "read_through_at": read_through, "run_id": run_id},
        )


def _is_first_load(connection: psycopg.Connection, chosen: Feed) -> bool:
    return not connection.execute(
        "select exists (select from raw.records where feed_id = %s)", [chosen.feed_id]
    ).fetchone()[0]


def _land_page(
    connection: psycopg.Connection, chosen: Feed, run: Run, run_id: int, page: Page, records: Iterator, *,
    is_first_load: bool,
) -> None:  # fmt: skip
    stored = store_document(connection, chosen.feed_id, page, correlation_id=run.correlation_id, run_id=run_id)
    run.documents += 1
    if not stored.is_new and not chosen.is_snapshot:
        return
    try:
        read, landed = land_records(
            connection,
            chosen.feed_id,
            [(stored.document_id, records)],
            is_snapshot=chosen.is_snapshot,
            is_first_load=is_first_load,
        )
    except Unparsable as error:
        run.unparsable += 1
        set_aside(connection, chosen.feed_id, stored.document_id, str(error))
        return
    run.records_read += read
    run.records_landed += landed


def _store_cursor(connection: psycopg.Connection, chosen: Feed, cursor: dict) -> None:
    connection.execute(
        """
        insert into raw.cursors (feed_id, cursor) values (%s, %s)
        on conflict (feed_id) do update set cursor = excluded.cursor, updated_at = clock_timestamp()
        """,
        [chosen.feed_id, json.dumps(cursor)],
    )


def _begin(
    connection: psycopg.Connection, chosen: Feed, run: Run, since: dict, trigger: str, window_from, window_to
) -> int:
    return connection.execute(
        """
        insert into raw.runs (feed_id, trigger, window_from, window_to, cursor_before, correlation_id)
        values (%s, %s, %s, %s, %s, %s) returning run_id
        """,
        [chosen.feed_id, trigger, window_from, window_to, json.dumps(since), run.correlation_id],
    ).fetchone()[0]


def _end(connection: psycopg.Connection, run: Run, run_id: int, error: CrossdockError | None) -> None:
    connection.execute(
        """
        update raw.runs
        set status = %s, documents_count = %s, records_read_count = %s, records_landed_count = %s,
            error_class = %s, error = %s, finished_at = clock_timestamp(),
            cursor_after = (select cursor from raw.cursors as c where c.feed_id = runs.feed_id)
        where run_id = %s
        """,
        ["failed" if error else "done", run.documents, run.records_read, run.records_landed,
         type(error).__name__ if error else None, str(error) if error else None, run_id],
    )  # fmt: skip
