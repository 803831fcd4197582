-- Who gets the goods, as the channel's newest document says: name, address, e-mail. Only what the carrier must know.
with

roots as (
    select c.case_id, f.feed_type, s.payload
    from ops.cases as c
    cross join lateral (
        select r.payload, r.feed_id
        from canonical.identifier_links as l
        join ref.feeds as g on g.feed_id = l.feed_id and g.feed_type in ('shopify.orders', 'x12.interchanges')
        join raw.records as r on r.feed_id = l.feed_id and r.native_id = l.native_id
        where l.child = c.order_id
            and (g.feed_type = 'shopify.orders' or r.payload #>> '{set,type}' = '850')
        order by r.changed_at desc nulls last, r.record_id desc
        limit 1
    ) as s
    join ref.feeds as f on f.feed_id = s.feed_id
    where c.case_id = any(%(cases)s)
),

parties as (
    select r.case_id, p.party
    from roots as r
    cross join lateral jsonb_array_elements(coalesce(r.payload #> '{order,parties}', '[]')) as p (party)
    where r.feed_type = 'x12.interchanges' and p.party ->> 'qualifier' = 'ST'
)

select
    r.case_id,
    jsonb_strip_nulls(jsonb_build_object(
        'email', r.payload ->> 'email',
        'name', coalesce(r.payload #>> '{shipping_address,name}', p.party ->> 'name'),
        'street1', coalesce(r.payload #>> '{shipping_address,address1}', p.party #>> '{address,0}'),
        'city', coalesce(r.payload #>> '{shipping_address,city}', p.party ->> 'city'),
        'state', coalesce(r.payload #>> '{shipping_address,province_code}', p.party ->> 'state'),
        'zip', coalesce(r.payload #>> '{shipping_address,zip}', p.party ->> 'postal_code'),
        'country', coalesce(r.payload #>> '{shipping_address,country_code}', p.party ->> 'country')
    )) as value
from roots as r
left join parties as p on p.case_id = r.case_id
