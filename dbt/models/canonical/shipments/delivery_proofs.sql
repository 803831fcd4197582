{{ config(unique_key=['thread_id', 'shipment_id', 'proof_id']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

shipment_identifiers as (
    select * from {{ touched(ref('shipment_identifiers')) }}
),

trackers as (
    select * from {{ touched(ref('stg_easypost__trackers')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

purchase_orders as (
    select * from {{ touched(ref('stg_x12__purchase_orders')) }}
),

addressed as (
    select order_identifier as document, record_id, ship_to_postal_code, ship_to_country_code from shop_orders
    union all
    select order_identifier, record_id, ship_to_postal_code, ship_to_country_code from purchase_orders
),

-- Where the order was to go, as the channel it came from says.
asked_for as (
    select distinct on (i.thread_id) i.thread_id, a.ship_to_postal_code, a.ship_to_country_code
    from addressed as a
    join identifiers as i on i.identifier = a.document and i.depth = 0
    order by i.thread_id, a.record_id desc
),

final as (
    select
        s.thread_id,
        {{ order_of('s.thread_id') }} as order_id,
        s.shipment_id,
        t.tracker_identifier as proof_id,
        t.partner_id as stated_by,
        t.carrier_code,
        substr(t.tracking_identifier, 10) as tracking_number,
        t.delivered_postal_code,
        t.delivered_country_code,
        a.ship_to_postal_code,
        a.ship_to_country_code,
        t.is_signed,
        t.delivered_at,
        t.updated_at as stated_at
    from trackers as t
    join shipment_identifiers as s on s.identifier = t.tracking_identifier
    left join asked_for as a on a.thread_id = s.thread_id
    where t.shipment_status_code = 'delivered' and t.delivered_at is not null
)

select * from final
