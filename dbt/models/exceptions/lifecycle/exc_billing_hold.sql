with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

delivery_proofs as (
    select * from {{ touched(ref('delivery_proofs')) }}
),

holds as (
    select * from {{ touched(ref('holds')) }}
),

{{ judged_proofs() }},

-- Every shipment has arrived, with a proof of delivery that agrees.
proven_orders as (
    select
        shipments.order_id,
        min(shipments.carrier_code) as carrier_code,
        max(shipments.delivered_at) as delivered_at,
        max(greatest(judged_proofs.delivered_at, judged_proofs.stated_at)) as proven_at
    from shipments
    left join judged_proofs
        on judged_proofs.order_id = shipments.order_id and judged_proofs.shipment_id = shipments.shipment_id
    where shipments.shipment_status_code is distinct from 'cancelled'
    group by shipments.order_id
    having bool_and(shipments.delivered_at is not null and coalesce(cardinality(judged_proofs.reasons) = 0, false))
),

{{ open_holds('proof') }},

found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        null::text as warehouse_code,
        proven_orders.carrier_code,
        greatest(open_holds.opened_at, proven_orders.proven_at) as since_at,
        jsonb_build_object(
            'holds', open_holds.open_holds,
            'delivered_at', proven_orders.delivered_at,
            'proven_at', proven_orders.proven_at,
            'billing_status_code', orders.billing_status_code
        ) as evidence
    from open_holds
    join proven_orders on proven_orders.order_id = open_holds.order_id
    join orders on orders.order_id = open_holds.order_id
    where orders.fulfillment_status_code in ('delivered', 'completed')
),

{{ exception_rows('found') }}

select * from final
