{{ config(
    unique_key=['thread_id', 'subject_id', 'attribute_code', 'believed_by', 'stated_in', 'valid_at'],
    indexes=[{'columns': ['subject_id']}],
) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

shipment_identifiers as (
    select * from {{ touched(ref('shipment_identifiers')) }}
),

shipment_events as (
    select * from {{ touched(ref('shipment_events')) }}
),

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_versions')) }}
),

deliveries as (
    select * from {{ touched(ref('stg_sap_s4__delivery_versions')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__order_versions')) }}
),

fulfillments as (
    select * from {{ touched(ref('stg_shopify__fulfillment_versions')) }}
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__order_versions')) }}
),

trackers as (
    select * from {{ touched(ref('stg_easypost__trackers')) }}
),

order_versions as (
    select
        sales_order_identifier as document, partner_id, record_id, fulfillment_status_code, billing_status_code,
        changed_at as valid_at, landed_at
    from sales_orders
    union all
    select order_identifier, partner_id, record_id, fulfillment_status_code, billing_status_code, changed_at, landed_at
    from shop_orders
    union all
    select
        order_identifier, partner_id, record_id, fulfillment_status_code, billing_status_code,
        coalesce(status_at, ordered_at), landed_at
    from standard_orders
),

of_orders as (
    select
        i.thread_id,
        i.thread_id as subject_id,
        a.attribute_code,
        v.partner_id as believed_by,
        v.document as stated_in,
        a.status_code,
        coalesce(v.valid_at, v.landed_at) as valid_at,
        v.landed_at as known_at,
        v.record_id as ordinal
    from order_versions as v
    join identifiers as i on i.identifier = v.document
    cross join lateral (
        values ('fulfillment', v.fulfillment_status_code), ('billing', v.billing_status_code)
    ) as a (attribute_code, status_code)
),

shipment_versions as (
    select
        delivery_identifier as document, partner_id, record_id, shipment_status_code,
        case
            when goods_issued_at is not null then goods_issued_at
            else greatest(changed_at, created_at)
        end as valid_at,
        landed_at
    from deliveries
    union all
    select fulfillment_identifier, partner_id, record_id, shipment_status_code, changed_at, landed_at
    from fulfillments
),

of_shipments as (
    select
        s.thread_id,
        s.shipment_id as subject_id,
        'shipment' as attribute_code,
        v.partner_id as believed_by,
        v.document as stated_in,
        v.shipment_status_code as status_code,
        coalesce(v.valid_at, v.landed_at) as valid_at,
        v.landed_at as known_at,
        v.record_id as ordinal
    from shipment_versions as v
    join shipment_identifiers as s on s.identifier = v.document
),

-- A warehouse and a partner's milestones say what happened, not what is: their belief is the furthest they have told.
told as (
    select
        e.*,
        st.rank,
        max(st.rank) over (
            partition by e.thread_id, e.shipment_id, e.reported_by
            order by e.occurred_at, st.rank
            rows between unbounded preceding and 1 preceding
        ) as rank_before
    from shipment_events as e
    join {{ source('ref', 'statuses') }} as st on st.axis = 'shipment' and st.status_code = e.event_code
    where e.shipment_id is not null and {{ role_of('e.reported_by') }} not in ('erp', 'shop', 'carrier')
),

from_events as (
    select
        thread_id, shipment_id as subject_id, 'shipment' as attribute_code, reported_by as believed_by,
        shipment_id as stated_in, event_code as status_code, occurred_at as valid_at, known_at,
        coalesce(rank, 1000)::bigint as ordinal
    from told
    where rank is null or rank_before is null or rank >= rank_before
),

-- A carrier can go back: a parcel that could not be delivered is on its way again. Each parcel has its own history.
from_scans as (
    select
        e.thread_id, e.shipment_id as subject_id, 'shipment' as attribute_code, e.reported_by as believed_by,
        'tracking/' || e.tracking_number as stated_in, e.event_code as status_code, e.occurred_at as valid_at, e.known_at,
        coalesce(st.rank, 1000)::bigint as ordinal
    from shipment_events as e
    join {{ source('ref', 'statuses') }} as st on st.axis = 'shipment' and st.status_code = e.event_code
    where e.shipment_id is not null and {{ role_of('e.reported_by') }} = 'carrier'
),

from_trackers as (
    select
        s.thread_id, s.shipment_id as subject_id, 'shipment' as attribute_code, t.partner_id as believed_by,
        t.tracking_identifier as stated_in, t.shipment_status_code as status_code, t.updated_at as valid_at,
        t.landed_at as known_at, 2000::bigint as ordinal
    from trackers as t
    join shipment_identifiers as s on s.identifier = t.tracking_identifier
    where t.updated_at is not null
),

said as (
    select * from of_orders
    union all
    select * from of_shipments
    union all
    select * from from_events
    union all
    select * from from_scans
    union all
    select * from from_trackers
),

-- What one document says at one moment: its last word, by the source's own order of versions.
at_moments as (
    select distinct on (thread_id, subject_id, attribute_code, believed_by, stated_in, valid_at) *
    from said
    where status_code is not null
    order by thread_id, subject_id, attribute_code, believed_by, stated_in, valid_at, ordinal desc, known_at
),

with_before as (
    select
        m.*,
        lag(m.status_code) over (
            partition by m.thread_id, m.subject_id, m.attribute_code, m.believed_by, m.stated_in order by m.valid_at
        ) as status_before
    from at_moments as m
),

final as (
    select
        b.thread_id,
        {{ order_of('b.thread_id') }} as order_id,
        b.subject_id,
        b.attribute_code,
        b.believed_by,
        p.role_code,
        b.status_code,
        st.rank as status_rank,
        b.valid_at,
        b.known_at,
        lead(b.valid_at) over (
            partition by b.thread_id, b.subject_id, b.attribute_code, b.believed_by, b.stated_in order by b.valid_at
        ) as superseded_at,
        b.stated_in
    from with_before as b
    join {{ source('ref', 'partners') }} as p on p.partner_id = b.believed_by
    left join {{ source('ref', 'statuses') }} as st on st.axis = b.attribute_code and st.status_code = b.status_code
    where b.status_before is distinct from b.status_code
)

select * from final
