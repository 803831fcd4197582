-- The lines of each case's order, with the ERP's items of each and what the ERP charges for them.
with

documents as (
    select c.case_id, c.thread_id, i.identifier, i.value, s.payload
    from ops.cases as c
    join canonical.identifiers as i on i.thread_id = c.thread_id and i.namespace like '%%/sales\_order'
    cross join lateral (
        select r.payload
        from canonical.identifier_links as l
        join ref.feeds as f on f.feed_id = l.feed_id and f.feed_type = 'sap_s4.sales_orders'
        join raw.records as r on r.feed_id = l.feed_id and r.native_id = l.native_id
        where l.child = i.identifier
            and not exists (
                select from ops.quarantine as q
                where q.record_id = r.record_id and q.part = '' and q.state in ('open', 'superseded', 'discarded')
            )
        order by r.changed_at desc nulls last, r.record_id desc
        limit 1
    ) as s
    where c.case_id = any(%(cases)s)
),

items as (
    select
        d.case_id,
        r.order_line_id,
        jsonb_agg(
            jsonb_build_object(
                'order', d.value,
                'item', r.document_line,
                'plant', i.item ->> 'ProductionPlant',
                'ordered_qty', trim_scale((i.item ->> 'RequestedQuantity')::numeric),
                'net_amount', i.item ->> 'NetAmount'
            )
            order by d.value, length(r.document_line), r.document_line
        ) as erp_items
    from documents as d
    join canonical.order_line_refs as r on r.thread_id = d.thread_id and r.document = d.identifier
    join lateral jsonb_array_elements(d.payload #> '{to_Item,results}') as i (item)
        on ltrim(i.item ->> 'SalesOrderItem', '0') = r.document_line
    group by d.case_id, r.order_line_id
)

select
    c.case_id,
    jsonb_agg(
        jsonb_build_object(
            'order_line_id', l.order_line_id,
            'line_number', l.line_number,
            'sku', l.sku,
            'uom_code', l.uom_code,
            'warehouse_code', l.warehouse_code,
            'ordered_qty', trim_scale(l.ordered_qty),
            'confirmed_qty', trim_scale(l.confirmed_qty),
            'allocated_qty', trim_scale(l.allocated_qty),
            'picked_qty', trim_scale(l.picked_qty),
            'shipped_qty', trim_scale(l.shipped_qty),
            'cancelled_qty', trim_scale(coalesce(l.cancelled_qty, 0)),
            'unit_price_amount', l.unit_price_amount::text,
            'erp_items', coalesce(i.erp_items, '[]')
        )
        order by length(l.line_number), l.line_number
    ) as value
from ops.cases as c
join canonical.order_lines as l on l.thread_id = c.thread_id
left join items as i on i.case_id = c.case_id and i.order_line_id = l.order_line_id
where c.case_id = any(%(cases)s)
group by c.case_id
