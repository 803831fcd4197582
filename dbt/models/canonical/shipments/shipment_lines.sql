{{ config(
    unique_key=['thread_id', 'shipment_line_id'],
    indexes=[{'columns': ['thread_id', 'shipment_id']}, {'columns': ['order_line_id']}],
) }}

with

shipment_identifiers as (
    select * from {{ touched(ref('shipment_identifiers')) }}
),

shipment_events as (
    select * from {{ touched(ref('shipment_events')) }}
),

order_line_refs as (
    select * from {{ touched(ref('order_line_refs')) }}
),

delivery_items as (
    select * from {{ touched(ref('stg_sap_s4__delivery_items')) }}
),

warehouse_events as (
    select
        e.*,
        {{ identifier('e.partner_id', 'event', 'e.event_id') }} as event_identifier
    from {{ touched(ref('stg_epcis__events')) }} as e
),

event_quantities as (
    select * from {{ touched(ref('stg_epcis__event_quantities')) }}
),

fulfillments as (
    select * from {{ touched(ref('stg_shopify__fulfillments')) }}
),

fulfillment_lines as (
    select * from {{ touched(ref('stg_shopify__fulfillment_lines')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

shop_lines as (
    select * from {{ touched(ref('stg_shopify__order_lines')) }}
),

standard_lines as (
    select * from {{ touched(ref('stg_standard__order_lines')) }}
),

-- What the warehouse moved of each item of a delivery. Its events know items, not lines.
moved as (
    select
        s.thread_id,
        s.shipment_id,
        q.sku,
        sum(q.event_qty) filter (where e.event_code = 'picked') as picked_qty,
        sum(q.event_qty) filter (where e.event_code = 'packed') as packed_qty,
        sum(q.event_qty) filter (where e.event_code = 'shipped') as shipped_qty,
        max(e.occurred_at) filter (where e.event_code = 'picked') as last_picked_at
    from shipment_events as s
    join warehouse_events as e on e.event_identifier = s.event_id
    join event_quantities as q on q.feed_id = e.feed_id and q.native_id = e.native_id
    where q.sku is not null
    group by s.thread_id, s.shipment_id, q.sku
),

worked_on as (
    select thread_id, shipment_id, bool_or(event_code in ('packed', 'shipped')) as is_packed
    from shipment_events
    where {{ role_of('reported_by') }} = 'warehouse'
    group by thread_id, shipment_id
),

-- Lines of one item share what was moved of it: each up to its quantity, in their order, the last takes what is left.
in_erp as (
    select
        s.thread_id,
        s.shipment_id,
        d.*,
        sum(d.delivery_qty) over (
            partition by s.thread_id, s.shipment_id, d.sku order by length(d.item_number), d.item_number
            rows between unbounded preceding and 1 preceding
        ) as qty_before,
        lead(d.item_number) over (
            partition by s.thread_id, s.shipment_id, d.sku order by length(d.item_number), d.item_number
        ) is null as is_last
    from delivery_items as d
    join shipment_identifiers as s on s.identifier = d.delivery_identifier
),

of_deliveries as (
    select
        d.thread_id,
        d.shipment_id,
        d.item_number as line_number,
        r.order_line_id,
        d.sku,
        d.warehouse_code,
        d.uom_code,
        d.delivery_qty,
        case
            when w.shipment_id is null then case when d.is_picked then d.delivery_qty else 0 end
            else {{ share_of('m.picked_qty', 'd') }}
        end as picked_qty,
        case when w.shipment_id is null then 0 else {{ share_of('m.packed_qty', 'd') }} end as packed_qty,
        case
            when w.shipment_id is null then case when d.is_goods_issued then d.delivery_qty else 0 end
            else {{ share_of('m.shipped_qty', 'd') }}
        end as shipped_qty,
        m.last_picked_at,
        coalesce(w.is_packed, false) or d.is_picked
            or {{ share_of('m.picked_qty', 'd') }} >= d.delivery_qty as picking_done
    from in_erp as d
    left join moved as m on m.thread_id = d.thread_id and m.shipment_id = d.shipment_id and m.sku = d.sku
    left join worked_on as w on w.thread_id = d.thread_id and w.shipment_id = d.shipment_id
    left join order_line_refs as r
        on r.thread_id = d.thread_id
            and r.document = d.sales_order_identifier
            and r.document_line = d.sales_order_item_number
),

of_fulfillments as (
    select
        s.thread_id,
        s.shipment_id,
        l.line_ref as line_number,
        r.order_line_id,
        l.sku,
        f.warehouse_code,
        null::text as uom_code,
        l.shipped_qty as delivery_qty,
        l.shipped_qty as picked_qty,
        l.shipped_qty as packed_qty,
        l.shipped_qty as shipped_qty,
        null::timestamptz as last_picked_at,
        true as picking_done
    from fulfillments as f
    join shipment_identifiers as s on s.identifier = f.fulfillment_identifier and s.shipment_id = f.fulfillment_identifier
    join fulfillment_lines as l on l.fulfillment_identifier = f.fulfillment_identifier
    left join shop_orders as o on o.order_id_identifier = f.order_id_identifier
    left join shop_lines as ol on ol.order_identifier = o.order_identifier and ol.line_ref = l.line_ref
    left join order_line_refs as r
        on r.thread_id = s.thread_id and r.document = o.order_identifier and r.document_line = ol.line_number
),

-- A partner that tells milestones of an order tells them of all its lines, unless it has several shipments.
sole_shipments as (
    select thread_id, split_part(shipment_id, '/', 1) as partner_id, min(shipment_id) as shipment_id
    from shipment_identifiers
    where shipment_id like '%/shipment/%'
    group by thread_id, split_part(shipment_id, '/', 1)
    having count(distinct shipment_id) = 1
),

reached as (
    select
        e.thread_id,
        e.shipment_id,
        max(s.rank) as rank,
        max(e.occurred_at) filter (where e.event_code = 'picked') as last_picked_at
    from shipment_events as e
    join {{ source('ref', 'statuses') }} as s on s.axis = 'shipment' and s.status_code = e.event_code
    group by e.thread_id, e.shipment_id
),

of_milestones as (
    select
        r.thread_id,
        s.shipment_id,
        l.line_number,
        r.order_line_id,
        l.sku,
        l.warehouse_code,
        l.uom_code,
        l.open_qty as delivery_qty,
        case when e.rank >= 50 then l.open_qty else 0 end as picked_qty,
        case when e.rank >= 60 then l.open_qty else 0 end as packed_qty,
        case when e.rank >= 80 then l.open_qty else 0 end as shipped_qty,
        e.last_picked_at,
        e.rank >= 50 as picking_done
    from (select *, ordered_qty - coalesce(cancelled_qty, 0) as open_qty from standard_lines) as l
    join order_line_refs as r on r.document = l.order_identifier and r.document_line = l.line_number
    join sole_shipments as s on s.thread_id = r.thread_id and s.partner_id = l.partner_id
    left join reached as e on e.thread_id = s.thread_id and e.shipment_id = s.shipment_id
),

lines as (
    select * from of_deliveries
    union all
    select * from of_fulfillments
    union all
    select * from of_milestones
),

final as (
    select
        thread_id,
        {{ order_of('thread_id') }} as order_id,
        shipment_id,
        shipment_id || '#' || line_number as shipment_line_id,
        order_line_id,
        sku,
        warehouse_code,
        uom_code,
        delivery_qty::numeric(18, 4) as delivery_qty,
        coalesce(picked_qty, 0)::numeric(18, 4) as picked_qty,
        coalesce(packed_qty, 0)::numeric(18, 4) as packed_qty,
        coalesce(shipped_qty, 0)::numeric(18, 4) as shipped_qty,
        last_picked_at,
        coalesce(picking_done, false) as picking_done
    from lines
)

select * from final
