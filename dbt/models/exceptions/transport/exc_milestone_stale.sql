with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

shipment_events as (
    select * from {{ touched(ref('shipment_events')) }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'milestone_stale'
),

last_milestones as (
    select distinct on (shipment_id)
        shipment_id,
        event_code,
        occurred_at,
        reported_by
    from shipment_events
    where shipment_id is not null
    order by shipment_id, occurred_at desc, event_id
),

under_way as (
    select
        shipments.*,
        orders.customer_tier,
        last_milestones.event_code as last_event_code,
        last_milestones.occurred_at as last_event_at,
        last_milestones.reported_by as last_reported_by,
        case
            when shipments.handed_over_at is not null
                or last_milestones.event_code in ('shipped', 'in_transit', 'out_for_delivery', 'delivery_failed')
                then 'in_transit'
            else 'release_to_shipping'
        end as leg
    from shipments
    join last_milestones on last_milestones.shipment_id = shipments.shipment_id
    left join orders on orders.order_id = shipments.order_id
    where shipments.delivered_at is null
        and coalesce(shipments.shipment_status_code, '') not in ('delivered', 'returned', 'cancelled')
        and coalesce(orders.fulfillment_status_code, '') not in ('delivered', 'completed', 'cancelled')
        and last_milestones.event_code not in ('delivered', 'returned', 'cancelled', 'completed')
),

found as (
    select
        under_way.shipment_id as subject_id,
        under_way.thread_id,
        under_way.order_id,
        null::text as partner_id,
        under_way.warehouse_code,
        under_way.carrier_code,
        under_way.last_event_at as since_at,
        under_way.last_event_at + rule.grace + (rule.parameters ->> under_way.leg)::interval as due_at,
        array[case under_way.leg when 'in_transit' then 'carrier' else 'warehouse' end] as waits_for,
        jsonb_build_object(
            'leg', under_way.leg,
            'last_event_code', under_way.last_event_code,
            'last_event_at', under_way.last_event_at,
            'last_reported_by', under_way.last_reported_by,
            'tracking_number', under_way.tracking_number,
            'delivery_ref', under_way.delivery_ref,
            'promised_at', under_way.promised_at,
            'customer_tier', under_way.customer_tier
        ) as evidence
    from under_way
    cross join rule
),

{{ exception_rows('found', own_due=true, own_waits=true) }}

select * from final
