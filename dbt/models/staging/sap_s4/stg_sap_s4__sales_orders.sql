with

records as (
    select * from {{ fit_records('sap_s4.sales_orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'sales_order', sap_number('p."SalesOrder"')) }} as sales_order_identifier,
        {{ sap_number('p."SalesOrder"') }} as sales_order,
        {{ our_code('sap_s4', 'sold_to_partner', 'r.partner_id', sap_number('p."SoldToParty"')) }} as channel_partner_id,
        {{ order_name('p."PurchaseOrderByCustomer"') }} as channel_order_ref,
        {{ sap_number('p."SoldToParty"') }} as customer_ref,
        {{ our_code('sap_s4', 'channel', 'r.partner_id', 'p."DistributionChannel"') }} as channel_code,
        {{ customer_tier(our_code('sap_s4', 'customer_tier', 'r.partner_id', 'p."CustomerGroup"'), 'p."CustomerGroup"') }}
            as customer_tier,
        nullif(p."SalesDistrict", '') as ship_to_region,
        nullif(p."IncotermsClassification", '') as incoterms_code,
        nullif(p."TransactionCurrency", '') as currency_code,
        {{ amount('p."TotalNetAmount"') }} as net_amount,
        coalesce({{ sap_date_at('p."SalesOrderDate"', zone_of('r.partner_id')) }}, r.changed_at) as ordered_at,
        {{ sap_date_at('p."RequestedDeliveryDate"', zone_of('r.partner_id')) }} as requested_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "SalesOrder" text,
        "SoldToParty" text,
        "PurchaseOrderByCustomer" text,
        "DistributionChannel" text,
        "CustomerGroup" text,
        "SalesDistrict" text,
        "IncotermsClassification" text,
        "TransactionCurrency" text,
        "TotalNetAmount" text,
        "SalesOrderDate" text,
        "RequestedDeliveryDate" text
    )
)

select * from final
