-- Kept documents that fit the filters that a document can be asked for; by record, object or order only what they name.
select d.document_id, d.feed_id
from raw.documents as d
join ref.feeds as f using (feed_id)
where d.content is not null
    and %(record)s::bigint[] is null
    and %(native_id)s::text[] is null
    and %(order)s::text[] is null
    and (%(partner)s::text[] is null or f.partner_id = any(%(partner)s))
    and (%(feed)s::text[] is null or f.feed = any(%(feed)s))
    and (%(since)s::timestamptz is null or d.received_at >= %(since)s)
    and (%(until)s::timestamptz is null or d.received_at < %(until)s)
    and (%(document)s::bigint[] is null or d.document_id = any(%(document)s))
    and (
        %(rule)s::text[] is null or exists (
            select from ops.quarantine as q
            where q.document_id = d.document_id and q.record_id is null and q.state = 'open' and q.rule = any(%(rule)s)
        )
    )
order by d.document_id
