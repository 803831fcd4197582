-- What is set aside of these objects and documents, and waits for somebody.
select distinct f.partner_id, f.feed, q.native_id, q.document_id, q.part, q.rule, q.field, q.value
from ops.quarantine as q
join ref.feeds as f using (feed_id)
where q.state = 'open' and (
    (q.feed_id, q.native_id) in (select o.feed_id, o.native_id from unnest(%(feeds)s::integer[], %(natives)s::text[]) as o (feed_id, native_id))
    or (q.record_id is null and q.document_id = any(%(documents)s))
)
