-- The customer's name of each of these threads, from the newest version of the order as its channel sent it.
-- Personal data: asked only for viewers whose role needs it.
select distinct on (l.child) l.child as thread_id, n.name
from canonical.identifier_links as l
join raw.records as r on r.feed_id = l.feed_id and r.native_id = l.native_id
cross join lateral (
    select coalesce(
        nullif(trim(r.payload #>> '{shipping_address,name}'), ''),
        nullif(concat_ws(' ', r.payload #>> '{customer,first_name}', r.payload #>> '{customer,last_name}'), ''),
        nullif(trim(r.payload ->> 'customer_name'), '')
    ) as name
) as n
where l.child = any(%(threads)s) and n.name is not null
order by l.child, r.record_id desc
