-- What the product says of every order: the axes, the dates, every line. One row an order.
select
    o.order_id,
    jsonb_build_object(
        'fulfillment', o.fulfillment_status_code,
        'billing', o.billing_status_code,
        'promised on', o.promised_at::date,
        'cancelled', o.cancelled_at is not null,
        'incomplete', o.incomplete_reason
    ) as axes,
    (
        select jsonb_agg(
            jsonb_build_object(
                'line', l.line_number,
                'sku', l.sku,
                'warehouse', l.warehouse_code,
                'ordered', l.ordered_qty::float8,
                'confirmed', l.confirmed_qty::float8,
                'allocated', l.allocated_qty::float8,
                'picked', l.picked_qty::float8,
                'shipped', l.shipped_qty::float8,
                'delivered', l.delivered_qty::float8,
                'cancelled', l.cancelled_qty::float8,
                'backordered', l.backordered_qty::float8
            )
            order by l.order_line_id
        )
        from canonical.order_lines as l where l.order_id = o.order_id
    ) as lines,
    (
        select jsonb_agg(
            jsonb_build_object(
                'from', s.warehouse_code, 'carrier', s.carrier_code, 'status', s.shipment_status_code
            )
            order by s.warehouse_code, s.carrier_code, s.shipment_status_code
        )
        from canonical.shipments as s where s.order_id = o.order_id
    ) as shipments,
    (
        select jsonb_agg(
            jsonb_build_object('kind', h.kind_code, 'released', h.released_at is not null)
            order by h.kind_code, h.released_at is not null
        )
        from canonical.holds as h where h.order_id = o.order_id
    ) as holds,
    (
        select jsonb_agg(d.exception_code order by d.exception_code)
        from ops.detections as d where d.order_id = o.order_id and d.cleared_at is null
    ) as standing
from canonical.orders as o
where o.order_id is not null
