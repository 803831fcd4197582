with

records as (
    select * from {{ fit_records('shopify.inventory_levels') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ our_code('shopify', 'inventory_item', 'r.partner_id', 'p."inventory_item_id"') }} as sku,
        {{ our_code('shopify', 'warehouse', 'r.partner_id', 'p."location_id"') }} as warehouse_code,
        {{ quantity('p."available"') }} as available_qty,
        {{ instant('p."updated_at"') }} as updated_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "inventory_item_id" text,
        "location_id" text,
        "available" text,
        "updated_at" text
    )
)

select * from final
