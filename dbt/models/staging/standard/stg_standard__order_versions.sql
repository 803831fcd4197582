-- Every version, not only the newest: what the partner said of the order, when.
with

records as (
    select * from {{ fit_record_versions('standard.orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name('p."order_ref"')) }} as order_identifier,
        {{ own_or_our_code('order_status', 'r.partner_id', 'p."status"') }} as fulfillment_status_code,
        {{ own_or_our_code('billing_status', 'r.partner_id', 'p."billing_status"') }} as billing_status_code,
        coalesce({{ instant('p."status_at"') }}, r.changed_at) as status_at,
        {{ instant('p."ordered_at"') }} as ordered_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "order_ref" text,
        "status" text,
        "billing_status" text,
        "status_at" text,
        "ordered_at" text
    )
)

select * from final
