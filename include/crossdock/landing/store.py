"""Keeping bytes and records exactly once.

A document is known by (feed, checksum); a record by (feed, native id, payload hash, repeat). Both are written in one
transaction with the lane's queue, so that a document that is known has been read, and a crash leaves nothing half done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psycopg

from crossdock.connectors.base import Page, Record
from crossdock.core.errors import Conflict
from crossdock.landing.quarantine import set_aside

NUL = rb"\u0000"
QUEUE = """
    with queued as (
        insert into raw.pending_records
        select nextval('raw.records_record_id_seq') from generate_series(1, %s)
        returning record_id
    )
    select array_agg(record_id) from queued
"""
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
    is_first_load: bool = False,
) -> tuple[int, int]:
    """Keep the records that are new and queue them for the lanes; return (read, landed).

    `documents` are (document id, its records). Raises Unparsable when a document cannot be read; nothing is kept then.

    In a snapshot feed, which says how things stand and not when they changed, a value that comes back after another
    one is a new version. In a first load nothing is known yet, and what comes twice after all is noticed by the key:
    then it is looked up like anything else. Two workers landing the same record at once leave one row: the loser looks
    again.
    """
    hashed = _storable(connection, feed_id, _hashed(documents))
    if not hashed:
        return 0, 0
    for attempt in range(5):
        try:
            with connection.transaction():
                if is_snapshot:
                    connection.execute("select pg_advisory_xact_lock(%s, %s)", [hash_lock("snapshot"), feed_id])
                    fresh = _changed(connection, feed_id, hashed)
                elif is_first_load and attempt == 0:
                    fresh = [(h, 0) for h in hashed]
                else:
                    fresh = _unknown(connection, feed_id, hashed)
                _copy(connection, feed_id, fresh)
            return len(hashed), len(fresh)
        except psycopg.errors.UniqueViolation:
            continue
    raise Conflict(f"feed {feed_id}: another worker landed the same records five times over", hint="run the feed again")


def _storable(connection: psycopg.Connection, feed_id: int, hashed: list[_Hashed]) -> list[_Hashed]:
    """Without the records that jsonb cannot hold (a NUL character): those are set aside, the others go on."""
    bad = [h for h in hashed if NUL in h.record.payload]
    for h in bad:
        reason = f"record {h.native_id} holds a NUL character"
        set_aside(connection, feed_id, h.document_id, reason, part=h.native_id)
    return [h for h in hashed if h not in bad] if bad else hashed


def hash_lock(name: str) -> int:
    """A stable 31-bit number for an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") & 0x7FFFFFFF


class _Hashed(NamedTuple):
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
    ids = connection.execute(QUEUE, [len(fresh)]).fetchone()[0]
    with connection.cursor().copy(f"copy raw.records ({COLUMNS}) from stdin") as copy:
        lines = [_line(record_id, feed_id, h, repeat) for record_id, (h, repeat) in zip(ids, fresh, strict=True)]
        copy.write(b"".join(lines))


def _line(record_id: int, feed_id: int, h: _Hashed, repeat: int) -> bytes:
    """One record in COPY's text format; a page of them in one piece costs a third of what `write_row` does."""
    changed_at = h.record.changed_at
    return b"%d\t%d\t%b\t\\\\x%b\t%d\t%b\t%d\t%d\t%b\n" % (
        record_id,
        feed_id,
        _escaped(h.native_id.encode()),
        h.digest.hex().encode(),
        repeat,
        _escaped(h.record.payload),
        h.document_id,
        h.ordinal,
        changed_at.isoformat().encode() if changed_at else b"\\N",
    )


def _escaped(text: bytes) -> bytes:
    """Text as COPY wants it; JSON escapes its own control characters, so that most of this finds nothing."""
    text = text.replace(b"\\", b"\\\\")
    if b"\n" in text or b"\t" in text or b"\r" in text:
        text = text.replace(b"\n", b"\\n").replace(b"\t", b"\\t").replace(b"\r", b"\\r")
    return text
