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
        {{ identifier('r.partner_id', 'order', order_name('p."name"')) }} as order_identifier,
        {{ identifier('r.partner_id', 'order_id', 'p."id"') }} as order_id_identifier,
        {{ order_name('p."name"') }} as order_ref,
        p."customer" ->> 'id' as customer_ref,
        coalesce(p."shipping_address" ->> 'province_code', p."shipping_address" ->> 'country_code') as ship_to_region,
        {{ postal_code("p.\"shipping_address\" ->> 'zip'") }} as ship_to_postal_code,
        {{ country_code("p.\"shipping_address\" ->> 'country_code'") }} as ship_to_country_code,
        {{ our_code('shopify', 'fulfillment_status', 'r.partner_id', 'coalesce(p."fulfillment_status", \'unfulfilled\')') }} as fulfillment_status_code,
        {{ our_code('shopify', 'financial_status', 'r.partner_id', 'p."financial_status"') }} as billing_status_code,
        nullif(p."currency", '') as currency_code,
        {{ amount('p."total_price"') }} as total_amount,
        {{ instant('p."created_at"') }} as ordered_at,
        {{ instant('p."cancelled_at"') }} as cancelled_at,
        (
            select max({{ instant('n."value"') }})
            from {{ elements('p."note_attributes"') }} as e (item, part)
            cross join lateral jsonb_to_record({{ json_object('e.item') }}) as n ("name" text, "value" text)
            where n."name" = 'promised_delivery'
        ) as promised_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "id" text,
        "name" text,
        "customer" jsonb,
        "shipping_address" jsonb,
        "fulfillment_status" text,
        "financial_status" text,
        "currency" text,
        "total_price" text,
        "note_attributes" jsonb,
        "created_at" text,
        "cancelled_at" text
    )
)

select * from final
