with

records as (
    select * from {{ fit_records('standard.orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name('p."order_ref"')) }} as order_identifier,
        {{ order_name('p."order_ref"') }} as order_ref,
        nullif(p."customer_ref", '') as customer_ref,
        {{ customer_tier('p."customer_tier"', 'p."customer_tier"') }} as customer_tier,
        nullif(p."ship_to_region", '') as ship_to_region,
        nullif(p."channel_code", '') as channel_code,
        nullif(p."incoterms_code", '') as incoterms_code,
        nullif(p."currency_code", '') as currency_code,
        {{ amount('p."total_amount"') }} as total_amount,
        lower(p."is_regulated") in ('true', '1', 'yes') as is_regulated,
        {{ instant('p."ordered_at"') }} as ordered_at,
        {{ instant('p."promised_at"') }} as promised_at,
        {{ instant('p."cancelled_at"') }} as cancelled_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "order_ref" text,
        "customer_ref" text,
        "customer_tier" text,
        "ship_to_region" text,
        "channel_code" text,
        "incoterms_code" text,
        "currency_code" text,
        "total_amount" text,
        "is_regulated" text,
        "ordered_at" text,
        "promised_at" text,
        "cancelled_at" text
    )
)

select * from final
