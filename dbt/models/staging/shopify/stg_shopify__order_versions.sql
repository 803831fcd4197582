-- Every version, not only the newest: what the shop said of the order, when.
with

records as (
    select * from {{ fit_record_versions('shopify.orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name('p."name"')) }} as order_identifier,
        case
            when p."cancelled_at" is not null then 'cancelled'
            else {{ our_code('shopify', 'fulfillment_status', 'r.partner_id', 'coalesce(p."fulfillment_status", \'unfulfilled\')') }}
        end as fulfillment_status_code,
        {{ our_code('shopify', 'financial_status', 'r.partner_id', 'p."financial_status"') }} as billing_status_code,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "name" text,
        "fulfillment_status" text,
        "financial_status" text,
        "cancelled_at" text
    )
)

select * from final
