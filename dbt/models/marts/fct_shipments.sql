with shipments as (
    select * from {{ ref('shipments') }}
),

shipment_events as (
    select * from {{ ref('shipment_events') }}
),

orders as (
    select * from {{ ref('orders') }}
),

events as (
    select
        shipment_id,
        count(*) as events_count,
        max(occurred_at) as last_event_at
    from shipment_events
    where shipment_id is not null
    group by shipment_id
),

final as (
    select
        shipments.shipment_id,
        shipments.order_id,
        orders.source_partner_id as partner_id,
        shipments.delivery_ref,
        shipments.tracking_number,
        shipments.warehouse_code,
        shipments.carrier_code,
        shipments.service_code,
        shipments.shipment_status_code,
        shipments.handed_over_at > shipments.planned_handover_at as is_handover_late,
        shipments.delivered_at > coalesce(shipments.promised_at, orders.promised_at) as is_delivered_late,
        coalesce(events.events_count, 0)::int as events_count,
        extract(epoch from shipments.delivered_at - shipments.handed_over_at)::numeric as transit_seconds,
        shipments.planned_handover_at,
        shipments.handed_over_at,
        coalesce(shipments.promised_at, orders.promised_at) as promised_at,
        shipments.estimated_delivery_at,
        shipments.delivered_at,
        events.last_event_at
    from shipments
    left join orders on orders.order_id = shipments.order_id
    left join events on events.shipment_id = shipments.shipment_id
)

select * from final
