{{ config(
    unique_key=['thread_id', 'shipment_id'],
    indexes=[{'columns': ['thread_id']}, {'columns': ['tracking_number']}],
) }}

with

shipment_identifiers as (
    select * from {{ touched(ref('shipment_identifiers')) }}
),

shipment_events as (
    select * from {{ touched(ref('shipment_events')) }}
),

beliefs as (
    select * from {{ touched(ref('status_beliefs')) }} where attribute_code = 'shipment' and superseded_at is null
),

deliveries as (
    select * from {{ touched(ref('stg_sap_s4__deliveries')) }}
),

delivery_items as (
    select * from {{ touched(ref('stg_sap_s4__delivery_items')) }}
),

trackers as (
    select * from {{ touched(ref('stg_easypost__trackers')) }}
),

fulfillments as (
    select * from {{ touched(ref('stg_shopify__fulfillments')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__orders')) }}
),

milestones as (
    select * from {{ touched(ref('stg_standard__milestones')) }}
),

shipment_ids as (
    select distinct thread_id, shipment_id from shipment_identifiers
),

-- The carrier's word counts once it has the goods, the warehouse's before; where neither speaks, the furthest of the rest.
-- Of a shipment in several parcels, the parcel that is furthest behind counts.
beliefs_by_believer as (
    select distinct on (thread_id, subject_id, believed_by) *
    from beliefs
    order by thread_id, subject_id, believed_by, status_rank nulls first, stated_in, valid_at
),

statuses as (
    select distinct on (thread_id, subject_id)
        thread_id,
        subject_id as shipment_id,
        status_code as shipment_status_code
    from beliefs_by_believer
    order by
        thread_id, subject_id,
        case
            when role_code = 'carrier' and (status_rank is null or status_rank > 70) then 1
            when role_code = 'warehouse' then 2
            else 3
        end,
        status_rank desc nulls last, believed_by
),

hand_overs as (
    select distinct on (thread_id, shipment_id)
        thread_id,
        shipment_id,
        occurred_at as handed_over_at
    from shipment_events
    where event_code in ('shipped', 'in_transit') and shipment_id is not null
    order by
        thread_id, shipment_id,
        case
            when event_code = 'shipped' and {{ role_of('reported_by') }} = 'warehouse' then 1
            when event_code = 'shipped' then 2
            else 3
        end,
        case when event_code = 'shipped' then occurred_at end desc nulls last,
        occurred_at, event_id
),

parcels as (
    select
        s.thread_id,
        s.shipment_id,
        min(substr(s.identifier, 10)) as tracking_number,
        count(distinct s.identifier) as parcels_count,
        min(t.carrier_code) as carrier_code,
        min(t.service_code) as service_code,
        max(t.estimated_delivery_at) as estimated_delivery_at
    from shipment_identifiers as s
    left join trackers as t on t.tracking_identifier = s.identifier
    where s.identifier like 'tracking/%'
    group by s.thread_id, s.shipment_id
),

-- Delivered when the last parcel is.
arrivals as (
    select
        e.thread_id,
        e.shipment_id,
        max(e.occurred_at) as delivered_at,
        count(distinct e.tracking_number) as parcels_count
    from shipment_events as e
    where e.event_code = 'delivered' and e.shipment_id is not null
    group by e.thread_id, e.shipment_id
),

places as (
    select delivery_identifier, min(warehouse_code) as warehouse_code
    from delivery_items
    group by delivery_identifier
),

in_shop as (
    select s.thread_id, s.shipment_id, min(f.carrier_code) as carrier_code, min(f.warehouse_code) as warehouse_code,
        min(f.fulfillment_ref) as fulfillment_ref, min(o.promised_at) as promised_at
    from fulfillments as f
    join shipment_identifiers as s on s.identifier = f.fulfillment_identifier
    left join shop_orders as o on o.order_id_identifier = f.order_id_identifier
    group by s.thread_id, s.shipment_id
),

by_milestones as (
    select s.thread_id, s.shipment_id, min(m.carrier_code) as carrier_code, min(m.location_code) as location_code,
        min(o.promised_at) as promised_at
    from milestones as m
    join shipment_identifiers as s on s.identifier = m.shipment_identifier
    left join standard_orders as o on o.order_identifier = m.order_identifier
    group by s.thread_id, s.shipment_id
),

final as (
    select
        i.thread_id,
        {{ order_of('i.thread_id') }} as order_id,
        i.shipment_id,
        d.delivery_ref,
        coalesce(pl.warehouse_code, sh.warehouse_code) as warehouse_code,
        coalesce(p.carrier_code, d.carrier_code, sh.carrier_code, m.carrier_code) as carrier_code,
        p.service_code,
        p.tracking_number,
        st.shipment_status_code,
        d.planned_handover_at,
        h.handed_over_at,
        coalesce(d.promised_at, sh.promised_at, m.promised_at) as promised_at,
        p.estimated_delivery_at,
        case when coalesce(p.parcels_count, 0) <= greatest(a.parcels_count, 1) then a.delivered_at end as delivered_at
    from shipment_ids as i
    left join deliveries as d on d.delivery_identifier = i.shipment_id
    left join places as pl on pl.delivery_identifier = i.shipment_id
    left join parcels as p on p.thread_id = i.thread_id and p.shipment_id = i.shipment_id
    left join in_shop as sh on sh.thread_id = i.thread_id and sh.shipment_id = i.shipment_id
    left join by_milestones as m on m.thread_id = i.thread_id and m.shipment_id = i.shipment_id
    left join statuses as st on st.thread_id = i.thread_id and st.shipment_id = i.shipment_id
    left join hand_overs as h on h.thread_id = i.thread_id and h.shipment_id = i.shipment_id
    left join arrivals as a on a.thread_id = i.thread_id and a.shipment_id = i.shipment_id
)

select * from final
