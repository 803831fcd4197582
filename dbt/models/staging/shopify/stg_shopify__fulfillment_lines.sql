with

records as (
    select * from {{ fit_records('shopify.fulfillments') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'fulfillment', "r.payload ->> 'id'") }} as fulfillment_identifier,
        i."id" as line_ref,
        i."sku" as partner_sku,
        {{ our_code('shopify', 'sku', 'r.partner_id', 'i."sku"') }} as sku,
        {{ quantity('i."quantity"') }} as shipped_qty
    from records as r
    cross join lateral {{ elements("r.payload -> 'line_items'") }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i ("id" text, "sku" text, "quantity" text)
    where {{ part_is_fit('r.record_id', "'lines/' || e.part") }}
)

select * from final
