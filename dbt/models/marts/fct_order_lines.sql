with order_lines as (
    select * from {{ ref('order_lines') }}
),

orders as (
    select * from {{ ref('orders') }}
),

final as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        orders.source_partner_id as partner_id,
        order_lines.line_number,
        order_lines.sku,
        order_lines.uom_code,
        order_lines.warehouse_code,
        order_lines.currency_code,
        orders.fulfillment_status_code as order_status_code,
        order_lines.ordered_qty,
        order_lines.confirmed_qty,
        order_lines.allocated_qty,
        order_lines.picked_qty,
        order_lines.packed_qty,
        order_lines.shipped_qty,
        order_lines.delivered_qty,
        order_lines.cancelled_qty,
        order_lines.backordered_qty,
        order_lines.unit_price_amount,
        orders.ordered_at,
        orders.promised_at,
        order_lines.handover_due_at
    from order_lines
    join orders on orders.order_id = order_lines.order_id
)

select * from final
