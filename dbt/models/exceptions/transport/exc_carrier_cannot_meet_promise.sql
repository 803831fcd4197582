with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

under_way as (
    select
        shipments.*,
        orders.ordered_at,
        orders.customer_tier,
        coalesce(shipments.promised_at, orders.promised_at) as owed_at
    from shipments
    left join orders on orders.order_id = shipments.order_id
    where shipments.delivered_at is null
        and shipments.estimated_delivery_at is not null
        and coalesce(shipments.shipment_status_code, '') not in ('delivered', 'returned', 'cancelled')
        and orders.fulfillment_status_code is distinct from 'cancelled'
),

found as (
    select
        shipment_id as subject_id,
        thread_id,
        order_id,
        null::text as partner_id,
        warehouse_code,
        carrier_code,
        coalesce(handed_over_at, ordered_at, owed_at) as since_at,
        jsonb_build_object(
            'tracking_number', tracking_number,
            'service_code', service_code,
            'shipment_status_code', shipment_status_code,
            'promised_at', owed_at,
            'estimated_delivery_at', estimated_delivery_at,
            'late_hours', round(extract(epoch from estimated_delivery_at - owed_at) / 3600, 1),
            'customer_tier', customer_tier
        ) as evidence
    from under_way
    where estimated_delivery_at > owed_at
),

{{ exception_rows('found') }}

select * from final
