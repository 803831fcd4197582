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
        {{ identifier('r.partner_id', 'fulfillment', 'p."id"') }} as fulfillment_identifier,
        {{ identifier('r.partner_id', 'order_id', 'p."order_id"') }} as order_id_identifier,
        p."id" as fulfillment_ref,
        {{ tracking_identifier('p."tracking_number"') }} as tracking_identifier,
        {{ our_code('shopify', 'carrier', 'r.partner_id', 'p."tracking_company"') }} as carrier_code,
        {{ our_code('shopify', 'warehouse', 'r.partner_id', 'p."location_id"') }} as warehouse_code,
        {{ instant('p."created_at"') }} as created_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "id" text,
        "order_id" text,
        "tracking_number" text,
        "tracking_company" text,
        "location_id" text,
        "created_at" text
    )
)

select * from final
