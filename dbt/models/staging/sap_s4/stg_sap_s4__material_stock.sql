with

records as (
    select * from {{ fit_records('sap_s4.material_stock') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ our_code('sap_s4', 'sku', 'r.partner_id', sap_number('p."Material"')) }} as sku,
        {{ our_code('sap_s4', 'warehouse', 'r.partner_id', 'p."Plant"') }} as warehouse_code,
        {{ quantity('p."MatlWrhsStkQtyInMatlBaseUnit"') }} as stock_qty,
        coalesce(p."InventoryStockType", '01') as stock_type,
        coalesce(p."InventorySpecialStockType", '') as special_stock_type,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "Material" text,
        "Plant" text,
        "MatlWrhsStkQtyInMatlBaseUnit" text,
        "InventoryStockType" text,
        "InventorySpecialStockType" text
    )
)

select * from final
