with orders as (
    select * from {{ touched(ref('orders')) }}
),

delivery_proofs as (
    select * from {{ touched(ref('delivery_proofs')) }}
),

holds as (
    select * from {{ touched(ref('holds')) }}
),

{{ judged_proofs() }},

contradicting as (
    select
        order_id,
        min(delivered_at) as delivered_at,
        min(carrier_code) as carrier_code,
        min(tracking_number) as tracking_number,
        jsonb_agg(
            jsonb_build_object(
                'shipment_id', shipment_id, 'tracking_number', tracking_number, 'reasons', reasons,
                'delivered_at', delivered_at, 'is_signed', is_signed, 'stated_by', stated_by,
                'delivered_to', jsonb_build_object('postal_code', delivered_postal_code, 'country_code', delivered_country_code),
                'ship_to', jsonb_build_object('postal_code', ship_to_postal_code, 'country_code', ship_to_country_code)
            )
            order by shipment_id, tracking_number
        ) as parcels
    from judged_proofs
    where cardinality(reasons) > 0
    group by order_id
),

{{ open_holds('proof') }},

-- Nothing is billed of a cancelled order.
found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        null::text as warehouse_code,
        contradicting.carrier_code,
        contradicting.delivered_at as since_at,
        jsonb_build_object(
            'tracking_number', contradicting.tracking_number,
            'reasons', contradicting.parcels -> 0 -> 'reasons',
            'delivered_at', contradicting.delivered_at,
            'billing_status_code', orders.billing_status_code,
            'billing_blocked_at', open_holds.opened_at,
            'parcels', contradicting.parcels
        ) as evidence
    from contradicting
    join orders on orders.order_id = contradicting.order_id
    left join open_holds on open_holds.order_id = contradicting.order_id
    where orders.fulfillment_status_code is distinct from 'cancelled'
),

{{ exception_rows('found') }}

select * from final
