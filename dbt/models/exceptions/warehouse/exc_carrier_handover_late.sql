with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

shipment_lines as (
    select * from {{ touched(ref('shipment_lines')) }}
),

order_lines as (
    select * from {{ touched(ref('order_lines')) }}
),

lines_of_shipments as (
    select distinct shipment_id, order_line_id
    from shipment_lines
    where order_line_id is not null
),

-- A shipment that does not say what is in it answers for every line of its order.
order_lines_of_shipments as (
    select
        shipments.shipment_id,
        coalesce(mine.order_line_id, any_line.order_line_id) as order_line_id
    from shipments
    left join lines_of_shipments as mine on mine.shipment_id = shipments.shipment_id
    left join order_lines as any_line on mine.shipment_id is null and any_line.order_id = shipments.order_id
),

due_lines as (
    select
        contents.shipment_id,
        order_lines.order_line_id,
        order_lines.handover_due_at
    from order_lines_of_shipments as contents
    join order_lines on order_lines.order_line_id = contents.order_line_id
    where order_lines.handover_due_at is not null
),

late_lines as (
    select
        shipments.shipment_id,
        min(due_lines.handover_due_at) as due_at,
        jsonb_agg(
            jsonb_build_object('order_line_id', due_lines.order_line_id, 'handover_due_at', due_lines.handover_due_at)
            order by due_lines.handover_due_at, due_lines.order_line_id
        ) as lines
    from shipments
    join due_lines on due_lines.shipment_id = shipments.shipment_id
    where shipments.handed_over_at > due_lines.handover_due_at
    group by shipments.shipment_id
),

-- Where no line has a time of its own, the delivery's plan counts, also while nothing has left.
past_plan as (
    select shipments.shipment_id
    from shipments
    left join orders on orders.order_id = shipments.order_id
    where shipments.planned_handover_at is not null
        and (
            shipments.handed_over_at > shipments.planned_handover_at
            or (
                shipments.handed_over_at is null
                and shipments.shipment_status_code is distinct from 'cancelled'
                and coalesce(orders.fulfillment_status_code, '') not in ('cancelled', 'unfulfillable')
            )
        )
        and not exists (select from due_lines where due_lines.shipment_id = shipments.shipment_id)
),

late_shipments as (
    select
        shipments.*,
        coalesce(late_lines.due_at, shipments.planned_handover_at) as handover_due_at,
        coalesce(late_lines.lines, '[]') as lines
    from shipments
    left join late_lines on late_lines.shipment_id = shipments.shipment_id
    left join past_plan on past_plan.shipment_id = shipments.shipment_id
    where late_lines.shipment_id is not null or past_plan.shipment_id is not null
),

found as (
    select
        shipment_id as subject_id,
        thread_id,
        order_id,
        null::text as partner_id,
        warehouse_code,
        carrier_code,
        handover_due_at as since_at,
        jsonb_build_object(
            'delivery_ref', delivery_ref,
            'tracking_number', tracking_number,
            'handover_due_at', handover_due_at,
            'handed_over_at', handed_over_at,
            'late_hours', round(extract(epoch from handed_over_at - handover_due_at) / 3600, 1),
            'late_lines', lines
        ) as evidence
    from late_shipments
),

{{ exception_rows('found', waits_for=['warehouse']) }}

select * from final
