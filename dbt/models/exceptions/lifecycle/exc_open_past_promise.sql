with orders as (
    select * from {{ touched(ref('orders')) }}
),

order_lines as (
    select * from {{ touched(ref('order_lines')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

parcels as (
    select
        order_id,
        bool_and(delivered_at is not null) as have_arrived,
        min(warehouse_code) as warehouse_code,
        min(carrier_code) as carrier_code,
        jsonb_agg(
            jsonb_build_object(
                'shipment_id', shipment_id, 'shipment_status_code', shipment_status_code,
                'tracking_number', tracking_number, 'handed_over_at', handed_over_at, 'delivered_at', delivered_at
            )
            order by shipment_id
        ) as shipments
    from shipments
    where shipment_status_code is distinct from 'cancelled'
    group by order_id
),

-- Lines of which everything wanted is in some delivery. What a delivery then lacked is the short pick's matter.
coverage as (
    select
        order_id,
        bool_and(allocated_qty >= ordered_qty - coalesce(cancelled_qty, 0)) as is_all_in_parcels
    from order_lines
    group by order_id
),

found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        parcels.warehouse_code,
        parcels.carrier_code,
        orders.promised_at as since_at,
        jsonb_build_object(
            'promised_at', orders.promised_at,
            'fulfillment_status_code', orders.fulfillment_status_code,
            'billing_status_code', orders.billing_status_code,
            'customer_tier', orders.customer_tier,
            'shipments', coalesce(parcels.shipments, '[]')
        ) as evidence
    from orders
    left join parcels on parcels.order_id = orders.order_id
    left join coverage on coverage.order_id = orders.order_id
    where orders.promised_at is not null
        and coalesce(orders.fulfillment_status_code, '') not in ('delivered', 'completed', 'cancelled', 'unfulfillable')
        and not (coalesce(parcels.have_arrived, false) and coalesce(coverage.is_all_in_parcels, false))
),

{{ exception_rows('found', waits_for=['erp', 'carrier']) }}

select * from final
