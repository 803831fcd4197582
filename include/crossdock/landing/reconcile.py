"""Nothing was lost, provably: what the source has, against what we landed, passed, set aside and made canonical.

A polled feed is asked again for a window it has been read for; a feed of files or webhooks is counted from the bytes
that were kept. A gap is a row with the missing ids, and an exception on the partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from crossdock.core import log
from crossdock.core.errors import Retriable, Unparsable
from crossdock.db.connect import connect
from crossdock.landing.feeds import Feed, feeds

logger = log.get("landing")
TOTALS = (Path(__file__).parent / "sql" / "control_totals.sql").read_text()


@dataclass(frozen=True, slots=True)
class Totals:
    """Objects of one feed in one window, by how far they came. `missing` are the ids that never landed."""

    source: int
    landed: int
    passed: int
    quarantined: int
    canonical: int
    missing: list[str]


def reconcile(
    *, window_from: datetime | None = None, window_to: datetime | None = None, conninfo: str | None = None
) -> dict[str, dict]:
    """Count every active feed; a partner that does not answer is left for the next time. Return totals by feed."""
    counted: dict[str, dict] = {}
    with connect("reconcile", conninfo=conninfo, autocommit=True) as connection:
        for chosen in feeds(connection):
            try:
                totals = count(connection, chosen, window_from, window_to, conninfo=conninfo)
            except Retriable as error:
                logger.warning("feed not counted", partner_id=chosen.partner_id, feed=chosen.feed, error=str(error))
                continue
            counted[f"{chosen.partner_id}/{chosen.feed}"] = asdict(totals)
    return counted


def count(
    connection: psycopg.Connection,
    chosen: Feed,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    *,
    conninfo: str | None = None,
) -> Totals:
    """Count one feed, up to what its cursor says has been read."""
    read_through = _read_through(connection, chosen)
    until = min((t for t in (window_to, read_through) if t), default=None)
    with connection.transaction():
        connection.execute("create temp table source_ids (native_id text primary key) on commit drop")
        for ids in _source_ids(connection, chosen, window_from, until, conninfo):
            connection.execute("insert into source_ids select unnest(%s::text[]) on conflict do nothing", [ids])
        values = {"feed_id": chosen.feed_id, "window_from": window_from, "window_to": until}
        totals = Totals(*connection.execute(TOTALS, values).fetchone())
    if totals.missing:
        logger.error("records missing", partner_id=chosen.partner_id, feed=chosen.feed, missing=len(totals.missing))
    return totals


def _read_through(connection: psycopg.Connection, chosen: Feed) -> datetime | None:
    row = connection.execute("select read_through_at from raw.cursors where feed_id = %s", [chosen.feed_id]).fetchone()
    return row[0] if row else None


def _source_ids(
    connection: psycopg.Connection,
    chosen: Feed,
    window_from: datetime | None,
    until: datetime | None,
    conninfo: str | None,
) -> Iterator[list[str]]:
    if chosen.mode in ("poll", "snapshot"):
        since = {"from": window_from.isoformat()} if window_from else {}
        with chosen.gate(conninfo) as gate:
            connector = chosen.connector(gate=gate)
            for page in connector.pages(chosen.kind, since, until):
                yield _ids(connector.records(chosen.kind, page.content), until)
        return
    connector = chosen.connector(offline=True)
    for document_id in _documents(connection, chosen, window_from):
        content = connection.execute(
            "select content from raw.documents where document_id = %s", [document_id]
        ).fetchone()[0]
        try:
            yield _ids(connector.records(chosen.kind, bytes(content)), None)
        except Unparsable:  # quarantined as a document when it was read
            continue


def _documents(connection: psycopg.Connection, chosen: Feed, window_from: datetime | None) -> list[int]:
    return [
        row[0]
        for row in connection.execute(
            """
            select document_id from raw.documents
            where feed_id = %s and content is not null and received_at >= coalesce(%s, '-infinity'::timestamptz)
            order by document_id
            """,
            [chosen.feed_id, window_from],
        )
    ]


def _ids(records: Iterator, until: datetime | None) -> list[str]:
    """Native ids of the records that were there by `until`; later ones are the next window's."""
    return [r.native_id for r in records if until is None or r.changed_at is None or r.changed_at <= until]
