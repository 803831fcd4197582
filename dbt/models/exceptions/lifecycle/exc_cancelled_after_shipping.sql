with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

status_beliefs as (
    select * from {{ touched(ref('status_beliefs')) }}
),

-- A customer who cancels in the shop is not heard by the ERP at once: anybody's word is enough.
cancellations as (
    select
        order_id,
        min(valid_at) as cancelled_at,
        jsonb_agg(
            jsonb_build_object('believed_by', believed_by, 'since', valid_at) order by valid_at, believed_by
        ) as cancelled_by
    from status_beliefs
    where attribute_code = 'fulfillment' and status_code = 'cancelled' and superseded_at is null
    group by order_id
),

parcels_on_the_road as (
    select
        order_id,
        min(handed_over_at) as handed_over_at,
        min(warehouse_code) as warehouse_code,
        min(carrier_code) as carrier_code,
        jsonb_agg(
            jsonb_build_object(
                'shipment_id', shipment_id, 'tracking_number', tracking_number, 'handed_over_at', handed_over_at,
                'delivered_at', delivered_at, 'shipment_status_code', shipment_status_code
            )
            order by shipment_id
        ) as shipments
    from shipments
    where handed_over_at is not null
    group by order_id
),

-- Not every system says when an order was cancelled; that it is cancelled and on the road is enough.
found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        parcels.warehouse_code,
        parcels.carrier_code,
        greatest(coalesce(orders.cancelled_at, cancellations.cancelled_at), parcels.handed_over_at) as since_at,
        jsonb_build_object(
            'cancelled_at', orders.cancelled_at,
            'cancelled_by', coalesce(cancellations.cancelled_by, '[]'),
            'fulfillment_status_code', orders.fulfillment_status_code,
            'handed_over_at', parcels.handed_over_at,
            'billing_status_code', orders.billing_status_code,
            'shipments', parcels.shipments
        ) as evidence
    from orders
    join parcels_on_the_road as parcels on parcels.order_id = orders.order_id
    left join cancellations on cancellations.order_id = orders.order_id
    where orders.fulfillment_status_code = 'cancelled' or cancellations.order_id is not null
),

{{ exception_rows('found') }}

select * from final
