with orders as (
    select * from {{ touched(ref('orders')) }}
),

shipment_events as (
    select * from {{ touched(ref('shipment_events')) }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'status_out_of_sequence'
),

-- Which milestone may not come before which other: [earlier, later].
sequence as (
    select
        pair.value ->> 0 as earlier_code,
        pair.value ->> 1 as later_code
    from rule
    cross join lateral jsonb_array_elements(rule.parameters -> 'sequence') as pair
),

-- First occurrences: a second pick or scan after a later step is ordinary.
milestones as (
    select
        order_id,
        shipment_id,
        event_code,
        min(occurred_at) as occurred_at,
        (array_agg(reported_by order by occurred_at, event_id))[1] as reported_by
    from shipment_events
    where order_id is not null
    group by order_id, shipment_id, event_code
),

-- What is said of the order as a whole is compared with each of its shipments.
contradictions as (
    select
        later.order_id,
        later.occurred_at as since_at,
        jsonb_build_object(
            'shipment_id', coalesce(later.shipment_id, earlier.shipment_id),
            'should_come_first', earlier.event_code,
            'should_come_first_at', earlier.occurred_at,
            'should_come_first_reported_by', earlier.reported_by,
            'came_before_it', later.event_code,
            'came_before_it_at', later.occurred_at,
            'came_before_it_reported_by', later.reported_by
        ) as contradiction
    from sequence
    join milestones as earlier on earlier.event_code = sequence.earlier_code
    join milestones as later
        on later.order_id = earlier.order_id
        and later.event_code = sequence.later_code
        and (
            later.shipment_id = earlier.shipment_id
            or later.shipment_id is null
            or earlier.shipment_id is null
        )
    cross join rule
    where later.occurred_at < earlier.occurred_at - (rule.parameters ->> 'tolerance')::interval
),

contradicted_orders as (
    select
        order_id,
        min(since_at) as since_at,
        jsonb_agg(contradiction order by since_at, contradiction ->> 'came_before_it') as contradictions
    from contradictions
    group by order_id
),

found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        contradicted_orders.since_at,
        jsonb_build_object(
            'contradictions', contradicted_orders.contradictions,
            'ordered_at', orders.ordered_at
        ) as evidence
    from contradicted_orders
    join orders on orders.order_id = contradicted_orders.order_id
),

{{ exception_rows('found') }}

select * from final
