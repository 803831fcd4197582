-- Records that fit every filter, with the threads to which their objects belong.
with recursive

named (identifier) as (
    select i.identifier
    from canonical.identifiers as i
    where i.identifier = any(%(order)s::text[]) or i.value = any(%(order)s::text[])
    union
    select l.parent
    from named as n
    join canonical.identifier_links as l on l.child = n.identifier
    where l.parent is not null
),

below (identifier) as (
    select identifier from named
    union
    select l.child
    from below as b
    join canonical.identifier_links as l on l.parent = b.identifier
),

of_orders as (
    select l.feed_id, l.native_id
    from below as b
    join canonical.identifier_links as l on l.child = b.identifier
    union
    select q.feed_id, q.native_id
    from ops.quarantine as q
    where q.order_ref = any(%(order)s::text[]) and q.native_id is not null
),

chosen as (
    select r.record_id, r.feed_id, r.native_id, r.document_id
    from raw.records as r
    join ref.feeds as f using (feed_id)
    where (%(partner)s::text[] is null or f.partner_id = any(%(partner)s))
        and (%(feed)s::text[] is null or f.feed = any(%(feed)s))
        and (%(since)s::timestamptz is null or r.landed_at >= %(since)s)
        and (%(until)s::timestamptz is null or r.landed_at < %(until)s)
        and (%(document)s::bigint[] is null or r.document_id = any(%(document)s))
        and (%(record)s::bigint[] is null or r.record_id = any(%(record)s))
        and (%(native_id)s::text[] is null or r.native_id = any(%(native_id)s))
        and (%(order)s::text[] is null or (r.feed_id, r.native_id) in (select o.feed_id, o.native_id from of_orders as o))
        and (
            %(rule)s::text[] is null or exists (
                select from ops.quarantine as q
                where q.record_id = r.record_id and q.state = 'open' and q.rule = any(%(rule)s)
            )
        )
),

threads as (
    select c.feed_id, c.native_id, array_agg(distinct i.thread_id) as threads
    from (select distinct feed_id, native_id from chosen) as c
    join canonical.identifier_links as l using (feed_id, native_id)
    join canonical.identifiers as i on i.identifier = l.child
    group by c.feed_id, c.native_id
)

select c.record_id, c.feed_id, c.native_id, c.document_id, coalesce(t.threads, '{}') as threads
from chosen as c
left join threads as t using (feed_id, native_id)
order by c.record_id
