with shipments as (
    select * from {{ touched(ref('shipments')) }}
),

shipment_lines as (
    select * from {{ touched(ref('shipment_lines')) }}
),

-- Picking of a delivery goes on line by line: its clock is the last pick of any of them.
picks as (
    select
        shipment_lines.*,
        coalesce(shipment_lines.picked_qty, 0) as found_qty,
        max(shipment_lines.last_picked_at) over (partition by shipment_lines.shipment_id) as last_pick_at
    from shipment_lines
),

found as (
    select
        picks.shipment_line_id as subject_id,
        picks.thread_id,
        picks.order_id,
        null::text as partner_id,
        coalesce(picks.warehouse_code, shipments.warehouse_code) as warehouse_code,
        shipments.carrier_code,
        picks.last_pick_at as since_at,
        jsonb_build_object(
            'delivery_ref', shipments.delivery_ref,
            'order_line_id', picks.order_line_id,
            'sku', picks.sku,
            'uom_code', picks.uom_code,
            'delivery_qty', picks.delivery_qty,
            'picked_qty', picks.found_qty,
            'short_qty', picks.delivery_qty - picks.found_qty,
            'picking_done', picks.picking_done,
            'last_picked_at', picks.last_pick_at
        ) as evidence
    from picks
    join shipments on shipments.shipment_id = picks.shipment_id
    where picks.last_pick_at is not null
        and picks.found_qty < picks.delivery_qty
        and shipments.shipment_status_code is distinct from 'cancelled'
),

{{ exception_rows('found', waits_for=['warehouse']) }}

select * from final
