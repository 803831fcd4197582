{{ config(unique_key=['thread_id', 'believed_by'], indexes=[{'columns': ['sku', 'warehouse_code']}]) }}

with

erp_stock as (
    select * from {{ touched(ref('stg_sap_s4__material_stock')) }}
),

shop_levels as (
    select * from {{ touched(ref('stg_shopify__inventory_levels')) }}
),

-- Stock type 01 is unrestricted; everything else is on hand and not for sale.
in_erp as (
    select
        sku,
        warehouse_code,
        partner_id as believed_by,
        sum(stock_qty) as on_hand_qty,
        sum(stock_qty) filter (where stock_type <> '01' or special_stock_type <> '') as reserved_qty,
        sum(stock_qty) filter (where stock_type = '01' and special_stock_type = '') as available_qty,
        max(coalesce(changed_at, landed_at)) as valid_at,
        max(landed_at) as known_at
    from erp_stock
    where sku is not null and warehouse_code is not null
    group by sku, warehouse_code, partner_id
),

in_shop as (
    select
        sku,
        warehouse_code,
        partner_id as believed_by,
        null::numeric as on_hand_qty,
        null::numeric as reserved_qty,
        sum(available_qty) as available_qty,
        max(coalesce(updated_at, changed_at, landed_at)) as valid_at,
        max(landed_at) as known_at
    from shop_levels
    where sku is not null and warehouse_code is not null
    group by sku, warehouse_code, partner_id
),

believed as (
    select * from in_erp
    union all
    select * from in_shop
),

final as (
    select
        'position/' || sku || '@' || warehouse_code as thread_id,
        sku || '@' || warehouse_code as position_id,
        sku,
        warehouse_code,
        believed_by,
        on_hand_qty::numeric(18, 4) as on_hand_qty,
        reserved_qty::numeric(18, 4) as reserved_qty,
        coalesce(available_qty, 0)::numeric(18, 4) as available_qty,
        valid_at,
        known_at
    from believed
    where {{ in_touched_threads("'position/' || believed.sku || '@' || believed.warehouse_code") }}
)

select * from final
