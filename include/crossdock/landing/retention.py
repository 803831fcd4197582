"""Payloads are kept as long as the policy says; what they were (checksum, source, time) is kept for ever.

A feed's `retention_days` decides, else the partner's, else DEFAULT_DAYS. A document that anything still waits for, or
that is quarantined, is kept whatever its age.
"""

from __future__ import annotations

from crossdock.db.connect import connect

DEFAULT_DAYS = 400

PURGE = """
    update raw.documents as d
    set content = null, headers = null, purged_at = clock_timestamp()
    where d.document_id in (
        select o.document_id
        from raw.documents as o
        join ref.feeds as f using (feed_id)
        join ref.partners as p using (partner_id)
        where o.content is not null
            and o.received_at < clock_timestamp() - make_interval(days => coalesce(
                (f.settings ->> 'retention_days')::integer, (p.settings ->> 'retention_days')::integer, %(days)s))
            and not exists (select from raw.pending_documents as w where w.document_id = o.document_id)
            and not exists (
                select from ops.quarantine as q where q.document_id = o.document_id and q.state = 'open')
            and not exists (
                select from ops.quarantine as q
                join raw.records as r using (record_id)
                where r.document_id = o.document_id and q.state = 'open')
        order by o.document_id
        limit %(limit)s
    )
"""


def purge(*, conninfo: str | None = None, days: int = DEFAULT_DAYS, batch: int = 1000) -> int:
    """Remove the bytes of documents past their retention, a batch a transaction; return how many."""
    purged = 0
    with connect("retention", conninfo=conninfo, autocommit=True) as connection:
        while count := connection.execute(PURGE, {"days": days, "limit": batch}).rowcount:
            purged += count
    return purged
