-- A purchase order sent twice is one order: the newest set that passed counts.
with

records as (
    select * from {{ fit_records('x12.interchanges') }} as r
),

read as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', "trim(p.\"order\" ->> 'po_number')") }} as order_identifier,
        {{ identifier('r.partner_id', 'edi_set', 'r.native_id') }} as edi_set_identifier,
        trim(p."order" ->> 'po_number') as order_ref,
        t.customer_ref,
        t.ship_to_region,
        {{ postal_code('t.ship_to_zip') }} as ship_to_postal_code,
        {{ country_code('t.ship_to_country') }} as ship_to_country_code,
        h.incoterms_code,
        nullif(p."order" ->> 'currency_code', '') as currency_code,
        h.charges_amount,
        p."order" ->> 'purpose_code' = '01' as is_cancellation,
        coalesce(d.ordered_at, {{ x12_at("replace(p.\"order\" ->> 'order_date', '-', '')", "null::text", zone_of('r.partner_id')) }}) as ordered_at,
        d.promised_at,
        {{ x12_at('p."interchange" ->> \'date\'', 'p."interchange" ->> \'time\'', zone_of('r.partner_id')) }} as sent_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "kind" text,
        "interchange" jsonb,
        "set" jsonb,
        "order" jsonb
    )
    cross join lateral (
        select
            max(e.item ->> 'id') filter (where e.item ->> 'qualifier' = 'ST') as customer_ref,
            max(e.item ->> 'state') filter (where e.item ->> 'qualifier' = 'ST') as ship_to_region,
            max(e.item ->> 'postal_code') filter (where e.item ->> 'qualifier' = 'ST') as ship_to_zip,
            max(e.item ->> 'country') filter (where e.item ->> 'qualifier' = 'ST') as ship_to_country
        from {{ elements("p.\"order\" -> 'parties'") }} as e (item, part)
    ) as t
    cross join lateral (
        select
            max({{ x12_at("e.item ->> 'date'", "e.item ->> 'time'", zone_of('r.partner_id')) }})
                filter (where e.item ->> 'qualifier' = '004') as ordered_at,
            max({{ x12_at("e.item ->> 'date'", "e.item ->> 'time'", zone_of('r.partner_id')) }})
                filter (where e.item ->> 'qualifier' in ('002', '106')) as promised_at
        from {{ elements("p.\"order\" -> 'dates'") }} as e (item, part)
    ) as d
    cross join lateral (
        select
            max(e.item ->> 5) filter (where e.item ->> 0 = 'FOB' and e.item ->> 4 = '01') as incoterms_code,
            sum(case when e.item ->> 1 = 'A' then -1 else 1 end * {{ amount("nullif(e.item ->> 5, '')") }} / 100)
                filter (where e.item ->> 0 = 'SAC' and e.item ->> 1 in ('A', 'C')) as charges_amount
        from {{ elements("p.\"order\" -> 'others'") }} as e (item, part)
    ) as h
    where p."kind" = 'transaction_set' and p."set" ->> 'type' = '850'
),

final as (
    select distinct on (order_identifier) *
    from read
    where order_identifier is not null
    order by order_identifier, coalesce(changed_at, sent_at) desc nulls last, record_id desc
)

select * from final
