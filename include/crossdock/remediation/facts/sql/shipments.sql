-- The shipments of each case's thread with their lines, the shop's fulfillment and the label the parcel has.
with

lines as (
    select
        l.thread_id,
        l.shipment_id,
        jsonb_agg(
            jsonb_build_object(
                'shipment_line_id', l.shipment_line_id,
                'order_line_id', l.order_line_id,
                'item', substring(l.shipment_line_id from '#(.*)$'),
                'sku', l.sku,
                'warehouse_code', l.warehouse_code,
                'delivery_qty', trim_scale(l.delivery_qty),
                'picked_qty', trim_scale(l.picked_qty),
                'shipped_qty', trim_scale(l.shipped_qty)
            )
            order by l.shipment_line_id
        ) as lines
    from canonical.shipment_lines as l
    where l.thread_id in (select thread_id from ops.cases where case_id = any(%(cases)s))
    group by l.thread_id, l.shipment_id
)

select
    c.case_id,
    jsonb_agg(
        jsonb_build_object(
            'shipment_id', s.shipment_id,
            'delivery_ref', s.delivery_ref,
            'warehouse_code', s.warehouse_code,
            'carrier_code', s.carrier_code,
            'service_code', s.service_code,
            'tracking_number', s.tracking_number,
            'status_code', s.shipment_status_code,
            'planned_handover_at', s.planned_handover_at,
            'handed_over_at', s.handed_over_at,
            'promised_at', s.promised_at,
            'estimated_delivery_at', s.estimated_delivery_at,
            'delivered_at', s.delivered_at,
            'fulfillment_ref', (
                select min(substring(i.identifier from '/fulfillment/(.*)$'))
                from canonical.shipment_identifiers as i
                where i.thread_id = s.thread_id and i.shipment_id = s.shipment_id
                    and i.identifier like '%%/fulfillment/%%'
            ),
            'erp_status', (
                select b.status_code
                from canonical.status_beliefs as b
                where b.thread_id = s.thread_id and b.subject_id = s.shipment_id and b.attribute_code = 'shipment'
                    and b.role_code = 'erp' and b.superseded_at is null
                order by b.status_rank, b.stated_in
                limit 1
            ),
            'label', label.value,
            'lines', coalesce(l.lines, '[]')
        )
        order by s.shipment_id
    ) as value
from ops.cases as c
join canonical.shipments as s on s.thread_id = c.thread_id
left join lines as l on l.thread_id = s.thread_id and l.shipment_id = s.shipment_id
left join lateral (
    select jsonb_build_object('shipment_id', r.payload ->> 'shipment_id', 'ounces', r.payload -> 'weight') as value
    from canonical.identifier_links as k
    join ref.feeds as f on f.feed_id = k.feed_id and f.feed_type = 'easypost.trackers'
    join raw.records as r on r.feed_id = k.feed_id and r.native_id = k.native_id
    where k.parent = 'tracking/' || s.tracking_number
    order by r.changed_at desc nulls last, r.record_id desc
    limit 1
) as label on true
where c.case_id = any(%(cases)s)
group by c.case_id
