with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

partners as (
    select * from {{ source('ref', 'partners') }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'delivered_late'
),

-- What has been sent has arrived, whatever state the systems have the order in.
arrived_orders as (
    select orders.*
    from orders
    where coalesce(orders.fulfillment_status_code, '') not in ('cancelled', 'unfulfillable')
        and not exists (
            select from shipments
            where shipments.order_id = orders.order_id
                and shipments.delivered_at is null
                and shipments.shipment_status_code is distinct from 'cancelled'
        )
),

late_shipments as (
    select
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id,
        coalesce(shipments.promised_at, orders.promised_at) as owed_at,
        shipments.delivered_at,
        shipments.shipment_id,
        shipments.warehouse_code,
        shipments.carrier_code,
        shipments.tracking_number,
        coalesce(partners.time_zone, 'UTC') as time_zone
    from arrived_orders as orders
    join shipments on shipments.order_id = orders.order_id
    left join partners on partners.partner_id = orders.source_partner_id
    cross join rule
    where shipments.delivered_at > coalesce(shipments.promised_at, orders.promised_at) + rule.grace
),

-- An order is as late as the latest of its shipments.
late_orders as (
    select distinct on (order_id) late_shipments.*
    from late_shipments
    order by order_id, delivered_at - owed_at desc, shipment_id
),

found as (
    select
        order_id as subject_id,
        thread_id,
        order_id,
        source_partner_id as partner_id,
        warehouse_code,
        carrier_code,
        owed_at as since_at,
        jsonb_build_object(
            'shipment_id', shipment_id,
            'tracking_number', tracking_number,
            'promised_at', owed_at,
            'delivered_at', delivered_at,
            'late_hours', round(extract(epoch from delivered_at - owed_at) / 3600, 1),
            'late_by_local_date', (delivered_at at time zone time_zone)::date > (owed_at at time zone time_zone)::date,
            'time_zone', time_zone
        ) as evidence
    from late_orders
),

{{ exception_rows('found') }}

select * from final
