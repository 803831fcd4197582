{{ config(
    unique_key=['thread_id', 'identifier', 'shipment_id'],
    indexes=[{'columns': ['identifier']}],
) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

links as (
    select distinct child, parent from {{ touched(ref('identifier_links')) }} where child like 'tracking/%'
),

fulfillments as (
    select * from {{ touched(ref('stg_shopify__fulfillments')) }}
),

deliveries as (
    select thread_id, identifier
    from identifiers
    where namespace like '%/delivery' or namespace like '%/shipment'
),

parcels as (
    select i.thread_id, i.identifier, d.identifier as shipment_id
    from identifiers as i
    join links as l on l.child = i.identifier
    join deliveries as d on d.thread_id = i.thread_id and d.identifier = l.parent
    where i.namespace = 'tracking'
),

-- A parcel that nobody has yet claimed for a delivery is a shipment of its own.
strays as (
    select thread_id, identifier, identifier as shipment_id
    from identifiers
    where namespace = 'tracking' and depth = 0
),

-- The shop speaks of the ERP's delivery where the parcel says so or there is only one; where no ERP delivers, its
-- fulfillment is the shipment.
in_shop as (
    select
        i.thread_id,
        i.identifier,
        f.tracking_identifier,
        coalesce(
            (select min(p.shipment_id) from parcels as p where p.thread_id = i.thread_id and p.identifier = f.tracking_identifier),
            (select min(d.identifier) from deliveries as d where d.thread_id = i.thread_id having count(*) = 1),
            case when not exists (select from deliveries as d where d.thread_id = i.thread_id) then i.identifier end
        ) as shipment_id
    from fulfillments as f
    join identifiers as i on i.identifier = f.fulfillment_identifier
),

stated as (
    select thread_id, identifier, identifier as shipment_id from deliveries
    union
    select thread_id, identifier, shipment_id from parcels
    union
    select thread_id, identifier, shipment_id from strays
    union
    select thread_id, identifier, shipment_id from in_shop
    union
    select thread_id, tracking_identifier, shipment_id from in_shop
),

final as (
    select * from stated where identifier is not null and shipment_id is not null
)

select * from final
