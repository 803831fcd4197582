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
        {{ identifier('r.partner_id', 'delivery', sap_number("r.payload ->> 'DeliveryDocument'")) }} as delivery_identifier,
        {{ sap_number('i."DeliveryDocumentItem"') }} as item_number,
        {{ identifier('r.partner_id', 'sales_order', sap_number('i."ReferenceSDDocument"')) }} as sales_order_identifier,
        {{ sap_number('i."ReferenceSDDocumentItem"') }} as sales_order_item_number,
        {{ our_code('sap_s4', 'sku', 'r.partner_id', sap_number('i."Material"')) }} as sku,
        {{ our_code('sap_s4', 'uom', 'r.partner_id', 'i."DeliveryQuantityUnit"') }} as uom_code,
        {{ our_code('sap_s4', 'warehouse', 'r.partner_id', 'i."Plant"') }} as warehouse_code,
        {{ quantity('i."ActualDeliveryQuantity"') }} as delivery_qty,
        {{ quantity('i."OriginalDeliveryQuantity"') }} as original_qty,
        i."PickingStatus" = 'C' as is_picked,
        i."GoodsMovementStatus" = 'C' as is_goods_issued,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral {{ elements(sap_results('r.payload', 'to_DeliveryDocumentItem')) }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
        "DeliveryDocumentItem" text,
        "ReferenceSDDocument" text,
        "ReferenceSDDocumentItem" text,
        "Material" text,
        "DeliveryQuantityUnit" text,
        "Plant" text,
        "ActualDeliveryQuantity" text,
        "OriginalDeliveryQuantity" text,
        "PickingStatus" text,
        "GoodsMovementStatus" text
    )
    where {{ part_is_fit('r.record_id', "'lines/' || e.part") }}
)

select * from final
