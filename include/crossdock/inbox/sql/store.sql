-- Keep a batch of webhooks: each once, queued once. `events` describes them, `bodies` is their bytes one after the other.
-- Always in one order, so that two front doors that are sent the same events never wait for each other in a circle.
with given as materialized (
    select
        e.feed_id,
        substring(%(bodies)b::bytea from e.begins_at + 1 for e.content_bytes) as content,
        e.content_type,
        e.content_bytes,
        e.source_ref,
        e.correlation_id,
        e.headers
    from jsonb_to_recordset(%(events)s::jsonb) as e (
        feed_id integer, begins_at integer, content_bytes integer, content_type text, source_ref text,
        correlation_id text, headers jsonb
    )
),

stored as (
    insert into raw.documents
        (feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id, headers)
    select feed_id, sha256(content), content, content_type, content_bytes, source_ref, correlation_id, headers
    from given
    order by 1, 2
    on conflict (feed_id, checksum) do nothing
    returning document_id
)

insert into raw.pending_documents select document_id from stored
