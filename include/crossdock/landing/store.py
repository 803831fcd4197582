"""Keeping bytes and records exactly once.

A document is known by (feed, checksum); a record by (feed, native id, payload hash, repeat). Both are written in one
transaction with the lane's queue, so that a document that is known has been read, and a crash leaves nothing half done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg

from crossdock.connectors.base import Page, Record
from crossdock.core.errors import Conflict
from crossdock.landing.quarantine import set_aside

NUL = rb"\u0000"
COLUMNS = "record_id, feed_id, native_id, payload_hash, repeat, payload, document_id, ordinal, changed_at"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document after storing: its id, and whether these bytes were new to the feed."""

    document_id: int
    is_new: bool


def store_document(
    connection: psycopg.Connection,
    feed_id: int,
    page: Page,
    *,
    correlation_id: str,
    run_id: int | None = None,
) -> Stored:
    """Keep a payload verbatim. The caller's transaction decides when it is durable."""
    checksum = hashlib.sha256(page.content).digest()
    row = connection.execute(
        """
        insert into raw.documents
            (feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id, headers, run_id)
        values (%s, %s, %b, %s, %s, %s, %s, %s, %s)
        on conflict (feed_id, checksum) do nothing
        returning document_id
        """,
        [feed_id, checksum, page.content, page.content_type, len(page.content), page.source_ref, correlation_id,
         json.dumps(page.headers) if page.headers else None, run_id],
    ).fetchone()  # fmt: skip
    if row:
        return Stored(row[0], True)
    found = connection.execute(
        "select document_id from raw.documents where feed_id = %s and checksum = %s", [feed_id, checksum]
    ).fetchone()
    return Stored(found[0], False)


def land_records(
    connection: psycopg.Connection,
    feed_id: int,
    documents: Iterable[tuple[int, Iterable[Record]]],
    *,
    is_snapshot: bool = False,
) -> tuple[int, int]:
    """Keep the records that are new and queue them for the lanes; return (read, landed).

    `documents` are (document id, its records). Raises Unparsable when a document cannot be read; nothing is kept then.

    In a snapshot feed, which says how things stand and not when they changed, a value that comes back after another
    one is a new version. Two workers landing the same record at once leave one row: the loser looks again.
    """
    hashed = _storable(connection, feed_id, _hashed(documents))
    if not hashed:
        return 0, 0
    for _ in range(5):
        try:
            with connection.transaction():
                if is_snapshot:
                    connection.execute("select pg_advisory_xact_lock(%s, %s)", [hash_lock("snapshot"), feed_id])
                    fresh = _changed(connection, feed_id, hashed)
                else:
                    fresh = _unknown(connection, feed_id, hashed)
                _copy(connection, feed_id, fresh)
            return len(hashed), len(fresh)
        except psycopg.errors.UniqueViolation:
            continue
    raise Conflict(f"feed {feed_id}: another worker landed the same records five times over", hint="run the feed again")


def _storable(connection: psycopg.Connection, feed_id: int, hashed: list[_Hashed]) -> list[_Hashed]:
    """Without the records that jsonb cannot hold (a NUL character): those are set aside, the others go on."""
    for h in hashed:
        if NUL in h.record.payload:
            set_aside(
                connection,
                feed_id,
                h.document_id,
                f"record {h.native_id} holds a NUL character",
                part=h.native_id,
            )
    return [h for h in hashed if NUL not in h.record.payload]


def hash_lock(name: str) -> int:
    """A stable 31-bit number for an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class _Hashed:
    document_id: int
    ordinal: int
    native_id: str
    digest: bytes
    record: Record


def _hashed(documents: Iterable[tuple[int, Iterable[Record]]]) -> list[_Hashed]:
    """The records with their hashes, each pair of native id and hash once."""
    seen: dict[tuple[str, bytes], _Hashed] = {}
    for document_id, records in documents:
        for ordinal, record in enumerate(records):
            digest = hashlib.sha256(record.payload).digest()
            seen.setdefault((record.native_id, digest), _Hashed(document_id, ordinal, record.native_id, digest, record))
    return list(seen.values())


def _unknown(connection: psycopg.Connection, feed_id: int, hashed: Sequence[_Hashed]) -> list[tuple[_Hashed, int]]:
    known = set(
        connection.cursor(binary=True)
        .execute(
            "select native_id, payload_hash from raw.records where feed_id = %s and native_id = any(%s)",
            [feed_id, list({h.native_id for h in hashed})],
        )
        .fetchall()
    )
    return [(h, 0) for h in hashed if (h.native_id, h.digest) not in known]


def _changed(connection: psycopg.Connection, feed_id: int, hashed: Sequence[_Hashed]) -> list[tuple[_Hashed, int]]:
    newest: dict[str, bytes] = {}
    times: dict[tuple[str, bytes], int] = {}
    for native_id, digest, repeat in connection.execute(
        """
        select native_id, payload_hash, repeat from raw.records
        where feed_id = %s and native_id = any(%s)
        order by record_id
        """,
        [feed_id, [h.native_id for h in hashed]],
    ):
        newest[native_id] = digest
        times[native_id, digest] = repeat + 1
    return [(h, times.get((h.native_id, h.digest), 0)) for h in hashed if newest.get(h.native_id) != h.digest]


def _copy(connection: psycopg.Connection, feed_id: int, fresh: Sequence[tuple[_Hashed, int]]) -> None:
    if not fresh:
        return
    ids = _reserve(connection, len(fresh))
    with connection.cursor() as cursor:
        with cursor.copy(f"copy raw.records ({COLUMNS}) from stdin") as copy:
            for record_id, (h, repeat) in zip(ids, fresh, strict=True):
                payload = h.record.payload.decode()
                copy.write_row(
                    (
                        record_id,
                        feed_id,
                        h.native_id,
                        h.digest,
                        repeat,
                        payload,
                        h.document_id,
                        h.ordinal,
                        h.record.changed_at,
                    )
                )
        cursor.execute("insert into raw.pending_records select unnest(%s::bigint[])", [ids])


def _reserve(connection: psycopg.Connection, count: int) -> list[int]:
    """Record ids that nobody else will get."""
    return [
        row[0]
        for row in connection.execute(
            "select nextval(pg_get_serial_sequence('raw.records', 'record_id')) from generate_series(1, %s)",
            [count],
        )
    ]
