{{ config(materialized='view') }}

-- A view, asked for the orders of a time: it looks each of them up, and reads no others.
with

orders as (
    select * from {{ touched(ref('orders')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

status_beliefs as (
    select * from {{ touched(ref('status_beliefs')) }}
),

edi_documents as (
    select * from {{ touched(ref('edi_documents')) }}
),

partners as (
    select * from {{ source('ref', 'partners') }}
),

-- A purchase order by EDI is dated to the day; its interchange to the minute.
order_entries as (
    select
        o.thread_id,
        o.order_id,
        o.order_id as subject_id,
        'order_entry' as leg_code,
        o.source_partner_id as reported_by,
        e.believed_by as posted_by,
        o.ordered_at,
        coalesce(d.received_at, o.ordered_at) as happened_at,
        e.valid_at as posted_at
    from orders as o
    join partners as p on p.partner_id = o.source_partner_id and p.role_code <> 'erp'
    left join lateral (
        select min(i.occurred_at) as received_at
        from edi_documents as i
        where i.thread_id = o.thread_id and i.direction = 'in' and i.document_type = '850'
    ) as d on true
    left join lateral {{ first_belief("b.thread_id = o.thread_id and b.attribute_code = 'fulfillment' and b.role_code = 'erp'") }} as e on true
    where o.ordered_at is not null and (e.valid_at is not null or o.cancelled_at is null)
),

departures as (
    select
        o.thread_id,
        o.order_id,
        o.ordered_at,
        s.shipment_id,
        w.believed_by,
        w.valid_at
    from orders as o
    join shipments as s on s.thread_id = o.thread_id
    cross join lateral {{ first_belief("
        b.thread_id = s.thread_id and b.subject_id = s.shipment_id
            and b.attribute_code = 'shipment' and b.role_code = 'warehouse' and b.status_code = 'shipped'
    ") }} as w
    where o.ordered_at is not null
),

goods_issues as (
    select
        d.thread_id,
        d.order_id,
        d.shipment_id as subject_id,
        'goods_issue' as leg_code,
        d.believed_by as reported_by,
        e.believed_by as posted_by,
        d.ordered_at,
        d.valid_at as happened_at,
        e.valid_at as posted_at
    from departures as d
    left join lateral {{ first_belief("
        b.thread_id = d.thread_id and b.subject_id = d.shipment_id
            and b.attribute_code = 'shipment' and b.role_code = 'erp' and b.status_code = 'shipped'
    ") }} as e on true
),

invoices as (
    select
        d.thread_id,
        min(d.order_id) as order_id,
        d.thread_id as subject_id,
        'invoice' as leg_code,
        min(d.believed_by) as reported_by,
        min(e.believed_by) as posted_by,
        d.ordered_at,
        min(d.valid_at) as happened_at,
        min(e.valid_at) as posted_at
    from departures as d
    left join lateral {{ first_belief("
        b.thread_id = d.thread_id and b.attribute_code = 'billing'
            and b.role_code = 'erp' and b.status_code in ('partly_invoiced', 'invoiced', 'paid')
    ") }} as e on true
    group by d.thread_id, d.ordered_at
),

final as (
    select * from order_entries
    union all
    select * from goods_issues
    union all
    select * from invoices
)

select * from final
