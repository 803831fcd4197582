-- One row per item; its schedule lines are summed within the row that holds them.
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
        {{ identifier('r.partner_id', 'sales_order', sap_number("r.payload ->> 'SalesOrder'")) }} as sales_order_identifier,
        {{ sap_number('i."SalesOrderItem"') }} as item_number,
        {{ sap_number('i."UnderlyingPurchaseOrderItem"') }} as channel_line_number,
        {{ sap_number('i."Material"') }} as partner_sku,
        {{ our_code('sap_s4', 'sku', 'r.partner_id', sap_number('i."Material"')) }} as sku,
        {{ our_code('sap_s4', 'uom', 'r.partner_id',
            'coalesce(nullif(i."RequestedQuantityISOUnit", \'\'), i."RequestedQuantityUnit")') }} as uom_code,
        {{ our_code('sap_s4', 'warehouse', 'r.partner_id', 'i."ProductionPlant"') }} as warehouse_code,
        {{ our_code('sap_s4', 'item_class', 'r.partner_id', 'i."MaterialGroup"') }} as item_class_code,
        nullif(i."TransactionCurrency", '') as currency_code,
        {{ quantity('i."RequestedQuantity"') }} as ordered_qty,
        coalesce(s.confirmed_qty, {{ quantity('i."ConfdDelivQtyInOrderQtyUnit"') }}) as confirmed_qty,
        {{ amount('i."NetAmount"') }} as net_amount,
        s.confirmed_for_at,
        coalesce(i."SalesDocumentRjcnReason", '') <> '' as is_rejected,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral {{ elements(sap_results('r.payload', 'to_Item')) }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
        "SalesOrderItem" text,
        "UnderlyingPurchaseOrderItem" text,
        "Material" text,
        "RequestedQuantity" text,
        "RequestedQuantityUnit" text,
        "RequestedQuantityISOUnit" text,
        "ProductionPlant" text,
        "MaterialGroup" text,
        "TransactionCurrency" text,
        "ConfdDelivQtyInOrderQtyUnit" text,
        "NetAmount" text,
        "SalesDocumentRjcnReason" text,
        "to_ScheduleLine" jsonb
    )
    cross join lateral (
        select
            sum({{ quantity('l."ConfdOrderQtyByMatlAvailCheck"') }})::numeric(18, 4) as confirmed_qty,
            max({{ sap_date_at('l."ConfirmedDeliveryDate"', zone_of('r.partner_id')) }}) as confirmed_for_at
        from {{ elements("i.\"to_ScheduleLine\" -> 'results'") }} as e (item, part)
        cross join lateral jsonb_to_record({{ json_object('e.item') }}) as l (
            "ConfdOrderQtyByMatlAvailCheck" text,
            "ConfirmedDeliveryDate" text
        )
    ) as s
    where {{ part_is_fit('r.record_id', "'lines/' || e.part") }}
)

select * from final
