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
        {{ identifier('r.partner_id', 'order', "trim(r.payload -> 'order' ->> 'po_number')") }} as order_identifier,
        coalesce(nullif({{ sap_number('i."line_number"') }}, ''), e.part::text) as line_number,
        nullif(i."partner_sku", '') as partner_sku,
        {{ our_code('x12', 'sku', 'r.partner_id', 'i."partner_sku"') }} as sku,
        {{ our_code('x12', 'uom', 'r.partner_id', 'i."uom"') }} as uom_code,
        nullif(r.payload -> 'order' ->> 'currency_code', '') as currency_code,
        {{ quantity('i."quantity"') }} as ordered_qty,
        {{ amount('i."unit_price"') }} as unit_price_amount,
        rank() over (
            partition by r.partner_id, trim(r.payload -> 'order' ->> 'po_number')
            order by
                coalesce(
                    r.changed_at,
                    {{ x12_at("r.payload -> 'interchange' ->> 'date'", "r.payload -> 'interchange' ->> 'time'", zone_of('r.partner_id')) }}
                ) desc nulls last,
                r.record_id desc
        ) as nth_newest
    from records as r
    cross join lateral {{ elements("r.payload -> 'order' -> 'lines'") }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
        "line_number" text,
        "quantity" text,
        "uom" text,
        "unit_price" text,
        "partner_sku" text
    )
    where r.payload -> 'set' ->> 'type' = '850'
        and {{ part_is_fit('r.record_id', "'lines/' || e.part") }}
),

final as (
    select
        feed_id, native_id, record_id, partner_id,
        order_identifier, line_number, partner_sku, sku, uom_code, currency_code, ordered_qty, unit_price_amount
    from read
    where nth_newest = 1
)

select * from final
