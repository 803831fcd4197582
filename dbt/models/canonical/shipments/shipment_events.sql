{{ config(
    unique_key=['thread_id', 'event_id'],
    indexes=[{'columns': ['shipment_id']}],
) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

shipment_identifiers as (
    select * from {{ touched(ref('shipment_identifiers')) }}
),

warehouse_events as (
    select
        e.*,
        {{ identifier('e.partner_id', 'event', 'e.event_id') }} as event_identifier,
        coalesce({{ identifier(orders_from('e.partner_id'), 'delivery', 'e.delivery_ref') }}, e.tracking_identifier) as subject
    from {{ touched(ref('stg_epcis__events')) }} as e
    where e.event_code is distinct from 'received' or e.return_ref is null
),

trackers as (
    select * from {{ touched(ref('stg_easypost__trackers')) }}
),

tracking_details as (
    select * from {{ touched(ref('stg_easypost__tracking_details')) }}
),

delivery_versions as (
    select * from {{ touched(ref('stg_sap_s4__delivery_versions')) }}
),

deliveries as (
    select * from {{ touched(ref('stg_sap_s4__deliveries')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

shop_versions as (
    select * from {{ touched(ref('stg_shopify__order_versions')) }}
),

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_orders')) }}
),

sales_order_versions as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_versions')) }}
),

purchase_orders as (
    select * from {{ touched(ref('stg_x12__purchase_orders')) }}
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__orders')) }}
),

milestones as (
    select * from {{ touched(ref('stg_standard__milestones')) }}
),

in_warehouse as (
    select
        s.thread_id,
        s.shipment_id,
        e.event_identifier as event_id,
        e.partner_id as reported_by,
        e.event_code,
        e.occurred_at,
        e.landed_at as known_at,
        e.warehouse_code as location_code,
        substr(e.tracking_identifier, 10) as tracking_number
    from warehouse_events as e
    join shipment_identifiers as s on s.identifier = e.subject
),

-- What the newest version of a tracker says happened; we learnt it with the first version that said so.
scans as (
    select
        d.tracker_identifier,
        d.tracking_identifier,
        d.partner_id,
        d.event_code,
        d.occurred_at,
        min(d.location_code) as location_code,
        min(d.landed_at) as known_at
    from tracking_details as d
    join trackers as t on t.tracker_identifier = d.tracker_identifier
    where d.event_code is not null and d.occurred_at is not null
    group by d.tracker_identifier, d.tracking_identifier, d.partner_id, d.event_code, d.occurred_at, t.record_id
    having bool_or(d.record_id = t.record_id)
),

on_the_way as (
    select
        s.thread_id,
        s.shipment_id,
        d.tracker_identifier || '#' || d.event_code || '@' || extract(epoch from d.occurred_at)::bigint as event_id,
        d.partner_id as reported_by,
        d.event_code,
        d.occurred_at,
        d.known_at,
        d.location_code,
        substr(d.tracking_identifier, 10) as tracking_number
    from scans as d
    join shipment_identifiers as s on s.identifier = d.tracking_identifier
),

delivery_history as (
    select
        d.delivery_identifier,
        d.partner_id,
        min(d.created_at) as created_at,
        min(d.landed_at) as known_at,
        min(d.landed_at) filter (where d.goods_issued_at is not null) as goods_issue_known_at
    from delivery_versions as d
    group by d.delivery_identifier, d.partner_id
),

in_erp as (
    select
        s.thread_id,
        s.shipment_id,
        d.delivery_identifier || '#' || v.event_code as event_id,
        d.partner_id as reported_by,
        v.event_code,
        v.occurred_at,
        v.known_at,
        null::text as location_code,
        null::text as tracking_number
    from deliveries as d
    join delivery_history as h on h.delivery_identifier = d.delivery_identifier
    join shipment_identifiers as s on s.identifier = d.delivery_identifier
    cross join lateral (
        values
        ('released', h.created_at, h.known_at),
        ('shipped', d.goods_issued_at, h.goods_issue_known_at)
    ) as v (event_code, occurred_at, known_at)
    where v.occurred_at is not null
),

first_known as (
    select order_identifier as document, min(landed_at) as known_at
    from shop_versions
    group by order_identifier

    union all
    select sales_order_identifier, min(landed_at)
    from sales_order_versions
    group by sales_order_identifier
),

-- An order is accepted, and called off, by whoever it came from: the root of the thread.
root_documents as (
    select order_identifier as document, partner_id, ordered_at, cancelled_at, landed_at from shop_orders
    union all
    select sales_order_identifier, partner_id, ordered_at, null::timestamptz, landed_at from sales_orders
    union all
    select order_identifier, partner_id, ordered_at, null::timestamptz, landed_at from purchase_orders
    union all
    select order_identifier, partner_id, ordered_at, cancelled_at, landed_at from standard_orders
),

of_orders as (
    select
        i.thread_id,
        null::text as shipment_id,
        o.document || '#' || v.event_code as event_id,
        o.partner_id as reported_by,
        v.event_code,
        v.occurred_at,
        v.known_at,
        null::text as location_code,
        null::text as tracking_number
    from root_documents as o
    join identifiers as i on i.identifier = o.document and i.depth = 0
    left join first_known as k on k.document = o.document
    cross join lateral (
        values ('accepted', o.ordered_at, coalesce(k.known_at, o.landed_at)), ('cancelled', o.cancelled_at, o.landed_at)
    ) as v (event_code, occurred_at, known_at)
    where v.occurred_at is not null
),

of_milestones as (
    select
        i.thread_id,
        s.shipment_id,
        m.milestone_identifier as event_id,
        m.partner_id as reported_by,
        m.event_code,
        m.occurred_at,
        m.landed_at as known_at,
        m.location_code,
        substr(m.tracking_identifier, 10) as tracking_number
    from milestones as m
    join identifiers as i on i.identifier = m.order_identifier
    left join shipment_identifiers as s on s.thread_id = i.thread_id and s.identifier = m.shipment_identifier
    where m.event_code is not null and m.occurred_at is not null
),

reported as (
    select * from in_warehouse
    union all
    select * from on_the_way
    union all
    select * from in_erp
    union all
    select * from of_orders
    union all
    select * from of_milestones
),

final as (
    select distinct on (thread_id, event_id)
        thread_id,
        {{ order_of('thread_id') }} as order_id,
        shipment_id,
        event_id,
        reported_by,
        event_code,
        occurred_at,
        known_at,
        location_code,
        tracking_number
    from reported
    where event_code is not null and occurred_at is not null
    order by thread_id, event_id, occurred_at, shipment_id
)

select * from final
