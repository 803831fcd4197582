"""Quarantine seen by cause, released by cause: fix once, let everything that waited for it be judged again."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from crossdock.core.errors import Refused

SELECTED = """
    q.state = any(%(states)s)
    and (%(ids)s::bigint[] is null or q.quarantine_id = any(%(ids)s))
    and (%(partner)s::text is null or f.partner_id = %(partner)s)
    and (%(feed)s::text is null or f.feed = %(feed)s)
    and (%(rule)s::text is null or q.rule = %(rule)s)
    and (%(field)s::text is null or q.field = %(field)s)
    and (%(value)s::text is null or q.value = %(value)s)
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is meant: everything that is given must fit."""

    ids: tuple[int, ...] = ()
    partner: str | None = None
    feed: str | None = None
    rule: str | None = None
    field: str | None = None
    value: str | None = None
    states: tuple[str, ...] = ("open",)

    def parameters(self) -> dict:
        return {
            "ids": list(self.ids) or None,
            "partner": self.partner,
            "feed": self.feed,
            "rule": self.rule,
            "field": self.field,
            "value": self.value,
            "states": list(self.states),
        }

    @property
    def is_everything(self) -> bool:
        return not (self.ids or self.partner or self.feed or self.rule or self.field or self.value)


def _refuse_everything(cause: Cause) -> None:
    if cause.is_everything:
        raise Refused("nothing was chosen", hint="name an id, or a cause: --partner, --feed, --rule, --field, --value")


def causes(connection: psycopg.Connection, cause: Cause) -> list[tuple]:
    """Open causes, the one that holds most orders first.

    Rows: partner, feed, rule, field, value, rows, records, orders, since, one of its reasons.
    """
    return connection.execute(
        f"""
        select f.partner_id, f.feed, q.rule, q.field, q.value, count(*) as rows_count,
            count(distinct coalesce(q.record_id, -q.document_id)) as records_count,
            count(distinct q.order_ref) as orders_count, min(q.quarantined_at) as since_at, min(q.reason) as reason
        from ops.quarantine as q
        join ref.feeds as f using (feed_id)
        where {SELECTED}
        group by 1, 2, 3, 4, 5
        order by orders_count desc, rows_count desc, 1, 2, 3, 4, 5
        """,
        cause.parameters(),
    ).fetchall()


def rows(connection: psycopg.Connection, cause: Cause, limit: int = 1000) -> list[dict]:
    """Single rows of a cause, newest first, with the payload they were taken from."""
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return cursor.execute(
        f"""
        select q.quarantine_id, f.partner_id, f.feed, q.native_id, q.part, q.rule, q.field, q.value, q.reason,
            q.order_ref, q.state, q.quarantined_at, q.resolved_at, q.resolved_by, q.resolution, q.record_id,
            coalesce(q.document_id, r.document_id) as document_id, d.source_ref, d.correlation_id, r.payload
        from ops.quarantine as q
        join ref.feeds as f using (feed_id)
        left join raw.records as r on r.record_id = q.record_id
        left join raw.documents as d on d.document_id = coalesce(q.document_id, r.document_id)
        where {SELECTED}
        order by q.quarantine_id desc
        limit {int(limit)}
        """,
        cause.parameters(),
    ).fetchall()


def _resolve(connection: psycopg.Connection, cause: Cause, state: str, by: str, resolution: str) -> list[tuple]:
    """Mark the rows; returns (record_id, document_id) of each."""
    return connection.execute(
        f"""
        update ops.quarantine as q
        set state = %(state)s, resolved_at = clock_timestamp(), resolved_by = %(by)s, resolution = %(resolution)s
        from ref.feeds as f
        where f.feed_id = q.feed_id and {SELECTED}
        returning q.record_id, q.document_id
        """,
        cause.parameters() | {"state": state, "by": by, "resolution": resolution},
    ).fetchall()


def _queue(connection: psycopg.Connection, found: list[tuple]) -> int:
    """Queue records to be judged and unread documents to be parsed again; returns how many were queued."""
    records = sorted({record for record, _ in found if record is not None})
    documents = sorted({document for record, document in found if record is None})
    connection.execute("insert into raw.pending_records select unnest(%s::bigint[]) on conflict do nothing", [records])
    connection.execute(
        "insert into raw.pending_documents select unnest(%s::bigint[]) on conflict do nothing", [documents]
    )
    return len(records) + len(documents)


def release(connection: psycopg.Connection, cause: Cause, *, by: str) -> int:
    """Have everything of this cause judged again, because what it waited for is mended; returns how much was queued.

    What is still wrong comes back with a new row. Raises Refused where nothing is chosen or nothing waits.
    """
    _refuse_everything(cause)
    found = _resolve(connection, cause, "replayed", by, "released to be judged again")
    return _queue(connection, _some(found))


def accept(connection: psycopg.Connection, cause: Cause, *, by: str, reason: str) -> int:
    """Let everything of this cause flow although it breaks the rule: a person answers for it, by name and reason.

    The rule is not applied again to these records; every other rule is.
    """
    _refuse_everything(cause)
    if not by.strip() or not reason.strip():
        raise Refused("an override needs a name and a reason", hint="say --by and --accept REASON")
    unread = [row["quarantine_id"] for row in rows(connection, cause) if row["record_id"] is None]
    if unread:
        raise Refused(
            f"{len(unread)} of these are documents that could not be read: there is nothing to accept",
            hint="mend the parser or ask for a new document, then `crossdock quarantine replay`",
        )
    found = _resolve(connection, cause, "released", by, reason)
    return _queue(connection, _some(found))


def discard(connection: psycopg.Connection, cause: Cause, *, by: str, reason: str) -> int:
    """Close rows whose records shall never flow; returns how many."""
    _refuse_everything(cause)
    if not by.strip() or not reason.strip():
        raise Refused("discarding needs a name and a reason", hint="say --by and --discard REASON")
    return len(_some(_resolve(connection, cause, "discarded", by, reason)))


def replay(connection: psycopg.Connection, cause: Cause) -> int:
    """Read the documents behind these rows again from their kept bytes, without asking the partner; returns how many.

    For after a connector or a mapping was mended. Records that come out the same are recognised and stay one row.
    """
    _refuse_everything(cause)
    documents = sorted({row["document_id"] for row in rows(connection, cause, limit=1_000_000) if row["document_id"]})
    connection.execute(
        "insert into raw.pending_documents select unnest(%s::bigint[]) on conflict do nothing", [documents]
    )
    unread = Cause(**{name: getattr(cause, name) for name in ("ids", "partner", "feed", "rule", "field", "value")})
    connection.execute(
        f"""
        update ops.quarantine as q
        set state = 'replayed', resolved_at = clock_timestamp(), resolved_by = 'replay',
            resolution = 'document read again'
        from ref.feeds as f
        where f.feed_id = q.feed_id and q.record_id is null and {SELECTED}
        """,
        unread.parameters(),
    )
    records = sorted({row["record_id"] for row in rows(connection, cause, limit=1_000_000) if row["record_id"]})
    connection.execute("insert into raw.pending_records select unnest(%s::bigint[]) on conflict do nothing", [records])
    return len(documents)


def _some(found: list[tuple]) -> list[tuple]:
    if not found:
        raise Refused("nothing in quarantine fits that", hint="see `crossdock quarantine list`")
    return found
