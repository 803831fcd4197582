with orders as (
    select * from {{ touched(ref('orders')) }}
),

order_lines as (
    select * from {{ touched(ref('order_lines')) }}
),

short_lines as (
    select
        *,
        ordered_qty - coalesce(cancelled_qty, 0) as wanted_qty
    from order_lines
    where confirmed_qty < ordered_qty - coalesce(cancelled_qty, 0)
        and coalesce(shipped_qty, 0) < ordered_qty - coalesce(cancelled_qty, 0)
),

found as (
    select
        short_lines.order_line_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        short_lines.warehouse_code,
        null::text as carrier_code,
        orders.ordered_at as since_at,
        jsonb_build_object(
            'sku', short_lines.sku,
            'uom_code', short_lines.uom_code,
            'ordered_qty', short_lines.wanted_qty,
            'confirmed_qty', short_lines.confirmed_qty,
            'short_qty', short_lines.wanted_qty - short_lines.confirmed_qty,
            'backordered_qty', short_lines.backordered_qty,
            'promised_at', orders.promised_at
        ) as evidence
    from short_lines
    join orders on orders.order_id = short_lines.order_id
    where orders.fulfillment_status_code is distinct from 'cancelled'
        and orders.fulfillment_status_code is distinct from 'unfulfillable'
),

{{ exception_rows('found') }}

select * from final
