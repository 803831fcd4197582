with

records as (
    select * from {{ fit_records('sap_s4.deliveries') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'delivery', sap_number('p."DeliveryDocument"')) }} as delivery_identifier,
        {{ sap_number('p."DeliveryDocument"') }} as delivery_ref,
        {{ our_code('sap_s4', 'carrier', 'r.partner_id', 'coalesce(nullif(p."ActualDeliveryRoute", \'\'), p."ProposedDeliveryRoute")') }} as carrier_code,
        {{ tracking_identifier('p."BillOfLading"') }} as tracking_identifier,
        {{ sap_at('p."PlannedGoodsIssueDate"', 'p."GoodsIssueTime"', zone_of('r.partner_id')) }} as planned_handover_at,
        {{ sap_at('p."DeliveryDate"', 'p."DeliveryTime"', zone_of('r.partner_id')) }} as promised_at,
        {{ sap_at('p."ActualGoodsMovementDate"', 'p."ActualGoodsMovementTime"', zone_of('r.partner_id')) }} as goods_issued_at,
        {{ sap_at('p."CreationDate"', 'p."CreationTime"', zone_of('r.partner_id')) }} as created_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "DeliveryDocument" text,
        "ActualDeliveryRoute" text,
        "ProposedDeliveryRoute" text,
        "BillOfLading" text,
        "PlannedGoodsIssueDate" text,
        "GoodsIssueTime" text,
        "DeliveryDate" text,
        "DeliveryTime" text,
        "ActualGoodsMovementDate" text,
        "ActualGoodsMovementTime" text,
        "CreationDate" text,
        "CreationTime" text
    )
)

select * from final
