-- Every version, not only the newest: what SAP said of the delivery, when. Its time of change is a day.
with

records as (
    select * from {{ fit_record_versions('sap_s4.deliveries') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'delivery', sap_number('p."DeliveryDocument"')) }} as delivery_identifier,
        {{ furthest('shipment', [
            our_code('sap_s4', 'goods_movement_status', 'r.partner_id', 'p."OverallGoodsMovementStatus"'),
            our_code('sap_s4', 'packing_status', 'r.partner_id', 'p."OverallPackingStatus"'),
            our_code('sap_s4', 'picking_status', 'r.partner_id', 'p."OverallPickingStatus"'),
            "'released'",
        ]) }} as shipment_status_code,
        {{ sap_at('p."CreationDate"', 'p."CreationTime"', zone_of('r.partner_id')) }} as created_at,
        {{ sap_at('p."ActualGoodsMovementDate"', 'p."ActualGoodsMovementTime"', zone_of('r.partner_id')) }} as goods_issued_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "DeliveryDocument" text,
        "OverallGoodsMovementStatus" text,
        "OverallPackingStatus" text,
        "OverallPickingStatus" text,
        "CreationDate" text,
        "CreationTime" text,
        "ActualGoodsMovementDate" text,
        "ActualGoodsMovementTime" text
    )
)

select * from final
