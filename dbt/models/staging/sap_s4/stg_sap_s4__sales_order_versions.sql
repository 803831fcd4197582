-- Every version, not only the newest: what SAP said of the order, when. Histories of beliefs and holds come from here.
with

records as (
    select * from {{ fit_record_versions('sap_s4.sales_orders') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'sales_order', sap_number('p."SalesOrder"')) }} as sales_order_identifier,
        case
            when p."OverallSDDocumentRejectionSts" = 'C' then 'cancelled'
            else {{ our_code('sap_s4', 'delivery_status', 'r.partner_id', 'p."OverallDeliveryStatus"') }}
        end as fulfillment_status_code,
        {{ our_code('sap_s4', 'billing_status', 'r.partner_id', 'p."OverallOrdReltdBillgStatus"') }} as billing_status_code,
        {{ our_code('sap_s4', 'credit_status', 'r.partner_id', 'p."TotalCreditCheckStatus"') }} as credit_status_code,
        {{ our_code('sap_s4', 'hold', 'r.partner_id', 'p."DeliveryBlockReason"') }} as delivery_hold_code,
        {{ our_code('sap_s4', 'hold', 'r.partner_id', 'p."HeaderBillingBlockReason"') }} as billing_hold_code,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "SalesOrder" text,
        "OverallDeliveryStatus" text,
        "OverallSDDocumentRejectionSts" text,
        "OverallOrdReltdBillgStatus" text,
        "TotalCreditCheckStatus" text,
        "DeliveryBlockReason" text,
        "HeaderBillingBlockReason" text
    )
)

select * from final
