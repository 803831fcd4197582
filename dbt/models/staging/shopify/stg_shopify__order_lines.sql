with

records as (
    select * from {{ fit_records('shopify.orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name("r.payload ->> 'name'")) }} as order_identifier,
        e.part::text as line_number,
        i."id" as line_ref,
        i."sku" as partner_sku,
        {{ our_code('shopify', 'sku', 'r.partner_id', 'i."sku"') }} as sku,
        {{ quantity('i."quantity"') }} as ordered_qty,
        {{ amount('i."price"') }} as unit_price_amount,
        nullif(r.payload ->> 'currency', '') as currency_code
    from records as r
    cross join lateral {{ elements("r.payload -> 'line_items'") }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
        "id" text,
        "sku" text,
        "quantity" text,
        "price" text
    )
    where {{ part_is_fit('r.record_id', "'lines/' || e.part") }}
)

select * from final
