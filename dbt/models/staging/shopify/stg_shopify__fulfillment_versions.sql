-- Every version, not only the newest: what the shop said of the parcel, when.
with

records as (
    select * from {{ fit_record_versions('shopify.fulfillments') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'fulfillment', 'p."id"') }} as fulfillment_identifier,
        {{ our_code('shopify', 'shipment_status', 'r.partner_id', 'coalesce(p."shipment_status", p."status")') }} as shipment_status_code,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p ("id" text, "shipment_status" text, "status" text)
)

select * from final
