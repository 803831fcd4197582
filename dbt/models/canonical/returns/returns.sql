{{ config(unique_key=['thread_id', 'return_line_id']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

order_line_refs as (
    select * from {{ touched(ref('order_line_refs')) }}
),

order_lines as (
    select * from {{ touched(ref('order_lines')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

shipment_lines as (
    select * from {{ touched(ref('shipment_lines')) }}
),

billing_beliefs as (
    select * from {{ touched(ref('status_beliefs')) }} where attribute_code = 'billing' and superseded_at is null
),

stated as (
    select * from {{ touched(ref('stg_standard__returns')) }}
),

receipts as (
    select
        e.*,
        {{ named_return('e.partner_id', 'e.return_ref') }} as return_identifier
    from {{ touched(ref('stg_epcis__events')) }} as e
    where e.event_code = 'received' and e.return_ref is not null
),

event_quantities as (
    select * from {{ touched(ref('stg_epcis__event_quantities')) }}
),

-- Whether it is invoiced, the system of record of the bills says and nobody else.
billed as (
    select distinct on (b.thread_id)
        b.thread_id,
        b.status_code,
        b.believed_by
    from billing_beliefs as b
    join {{ source('ref', 'system_of_record') }} as o on o.attribute = 'billing' and o.role_code = b.role_code
    order by b.thread_id, b.status_rank nulls first, b.believed_by, b.stated_in
),

carried as (
    select
        l.thread_id,
        l.order_line_id,
        min(s.carrier_code) as carrier_code,
        min(s.tracking_number) as tracking_number,
        max(s.delivered_at) as delivered_at
    from shipment_lines as l
    join shipments as s on s.thread_id = l.thread_id and s.shipment_id = l.shipment_id
    where l.shipped_qty > 0
    group by l.thread_id, l.order_line_id
),

received as (
    select
        e.return_identifier,
        q.sku,
        sum(q.event_qty) as received_qty,
        min(e.warehouse_code) as warehouse_code,
        max(e.occurred_at) as received_at
    from receipts as e
    join event_quantities as q on q.feed_id = e.feed_id and q.native_id = e.native_id
    where q.sku is not null
    group by e.return_identifier, q.sku
),

-- The warehouse knows items, not lines: those of one item share what was received of it, whichever order they are of.
claimed as (
    select
        s.*,
        sum(s.return_qty) over (
            partition by s.return_identifier, s.sku order by s.order_ref, length(s.line_number), s.line_number
            rows between unbounded preceding and 1 preceding
        ) as qty_before,
        lead(s.line_number) over (
            partition by s.return_identifier, s.sku order by s.order_ref, length(s.line_number), s.line_number
        ) is null as is_last
    from stated as s
),

lines as (
    select i.thread_id, r.order_line_id, s.*
    from claimed as s
    join identifiers as i on i.identifier = s.order_identifier
    left join order_line_refs as r
        on r.thread_id = i.thread_id and r.document = s.order_identifier and r.document_line = s.line_number
),

final as (
    select
        l.thread_id,
        {{ order_of('l.thread_id') }} as order_id,
        l.return_identifier || '#' || l.order_ref || '/' || l.line_number as return_line_id,
        l.return_ref,
        l.partner_id as stated_by,
        l.order_line_id,
        l.line_number,
        l.sku,
        l.uom_code,
        l.reason_code,
        l.return_status_code,
        b.status_code as billing_status_code,
        b.believed_by as billing_stated_by,
        c.carrier_code,
        c.tracking_number,
        r.warehouse_code,
        l.return_qty,
        coalesce(o.shipped_qty, 0)::numeric(18, 4) as shipped_qty,
        coalesce(o.delivered_qty, 0)::numeric(18, 4) as delivered_qty,
        ({{ share_of('r.received_qty', 'l', 'return_qty') }})::numeric(18, 4) as received_qty,
        l.requested_at,
        l.authorised_at,
        l.received_at as stated_received_at,
        l.refunded_at,
        c.delivered_at,
        r.received_at,
        l.stated_at
    from lines as l
    left join order_lines as o on o.thread_id = l.thread_id and o.order_line_id = l.order_line_id
    left join billed as b on b.thread_id = l.thread_id
    left join carried as c on c.thread_id = l.thread_id and c.order_line_id = l.order_line_id
    left join received as r on r.return_identifier = l.return_identifier and r.sku = l.sku
)

select * from final
