{{ config(
    unique_key=['thread_id', 'order_line_id'],
    indexes=[{'columns': ['thread_id']}, {'columns': ['sku', 'warehouse_code']}],
) }}

with

order_line_refs as (
    select * from {{ touched(ref('order_line_refs')) }}
),

shipment_lines as (
    select * from {{ touched(ref('shipment_lines')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

cancelled_orders as (
    select * from {{ touched(ref('status_beliefs')) }}
    where attribute_code = 'fulfillment' and status_code = 'cancelled' and superseded_at is null
),

erp_items as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_items')) }}
),

shop_lines as (
    select * from {{ touched(ref('stg_shopify__order_lines')) }}
),

edi_lines as (
    select * from {{ touched(ref('stg_x12__purchase_order_lines')) }}
),

standard_lines as (
    select * from {{ touched(ref('stg_standard__order_lines')) }}
),

stated_by_channel as (
    select
        order_identifier as document, line_number as document_line, sku, partner_sku, null::text as uom_code,
        null::text as warehouse_code, currency_code, ordered_qty, null::numeric as confirmed_qty,
        null::numeric as shipped_qty, null::numeric as cancelled_qty, unit_price_amount, null::timestamptz as handover_due_at
    from shop_lines
    union all
    select
        order_identifier, line_number, sku, partner_sku, uom_code,
        null, currency_code, ordered_qty, null,
        null, null, unit_price_amount, null
    from edi_lines
    union all
    select
        order_identifier, line_number, sku, partner_sku, uom_code,
        warehouse_code, currency_code, ordered_qty, confirmed_qty,
        shipped_qty, cancelled_qty, unit_price_amount, handover_due_at
    from standard_lines
),

in_channel as (
    select r.thread_id, r.order_line_id, c.*
    from stated_by_channel as c
    join order_line_refs as r on r.document = c.document and r.document_line = c.document_line
),

in_erp as (
    select
        r.thread_id,
        r.order_line_id,
        min(e.sku) as sku,
        min(e.partner_sku) as partner_sku,
        min(e.uom_code) as uom_code,
        min(e.warehouse_code) as warehouse_code,
        min(e.currency_code) as currency_code,
        sum(e.ordered_qty) as ordered_qty,
        sum(e.confirmed_qty) as confirmed_qty,
        sum(e.ordered_qty) filter (where e.is_rejected) as rejected_qty,
        sum(e.net_amount) as net_amount
    from erp_items as e
    join order_line_refs as r on r.document = e.sales_order_identifier and r.document_line = e.item_number
    group by r.thread_id, r.order_line_id
),

in_shipments as (
    select
        l.thread_id,
        l.order_line_id,
        sum(l.delivery_qty) as allocated_qty,
        sum(greatest(l.picked_qty, l.packed_qty, l.shipped_qty)) as picked_qty,
        sum(greatest(l.packed_qty, l.shipped_qty)) as packed_qty,
        sum(l.shipped_qty) as shipped_qty,
        sum(l.shipped_qty) filter (where s.delivered_at is not null) as delivered_qty
    from shipment_lines as l
    join shipments as s on s.thread_id = l.thread_id and s.shipment_id = l.shipment_id
    where l.order_line_id is not null and s.shipment_status_code is distinct from 'cancelled'
    group by l.thread_id, l.order_line_id
),

-- An order is called off when the ERP says so; where no ERP has it, when its channel does.
called_off as (
    select distinct c.thread_id
    from cancelled_orders as c
    where c.role_code = 'erp'
        or not exists (select from in_erp as e where e.thread_id = c.thread_id)
),

lines as (
    select distinct thread_id, order_id, order_line_id, line_number from order_line_refs
),

in_states as (
    select
        l.*,
        coalesce(c.sku, e.sku) as sku,
        coalesce(c.partner_sku, e.partner_sku) as partner_sku,
        coalesce(c.uom_code, e.uom_code) as uom_code,
        coalesce(e.warehouse_code, c.warehouse_code) as warehouse_code,
        coalesce(c.ordered_qty, e.ordered_qty) as ordered_qty,
        coalesce(e.confirmed_qty, c.confirmed_qty) as confirmed_qty,
        -- Once a part has left, the deliveries say what follows: the ERP goes on confirming what was left behind.
        case when s.shipped_qty > 0 then s.allocated_qty end as follows_qty,
        coalesce(s.allocated_qty, 0) as allocated_qty,
        coalesce(s.picked_qty, c.shipped_qty, 0) as picked_qty,
        coalesce(s.packed_qty, c.shipped_qty, 0) as packed_qty,
        coalesce(s.shipped_qty, c.shipped_qty, 0) as shipped_qty,
        coalesce(s.delivered_qty, 0) as delivered_qty,
        case
            when o.thread_id is not null then coalesce(c.ordered_qty, e.ordered_qty)
            else coalesce(e.rejected_qty, c.cancelled_qty, 0)
        end as called_off_qty,
        coalesce(c.unit_price_amount, round(e.net_amount / nullif(e.ordered_qty, 0), 4)) as unit_price_amount,
        coalesce(c.currency_code, e.currency_code) as currency_code,
        c.handover_due_at
    from lines as l
    left join in_channel as c on c.thread_id = l.thread_id and c.order_line_id = l.order_line_id
    left join in_erp as e on e.thread_id = l.thread_id and e.order_line_id = l.order_line_id
    left join in_shipments as s on s.thread_id = l.thread_id and s.order_line_id = l.order_line_id
    left join called_off as o on o.thread_id = l.thread_id
),

final as (
    select
        thread_id,
        order_id,
        order_line_id,
        line_number,
        sku,
        partner_sku,
        uom_code,
        warehouse_code,
        ordered_qty::numeric(18, 4) as ordered_qty,
        confirmed_qty::numeric(18, 4) as confirmed_qty,
        allocated_qty::numeric(18, 4) as allocated_qty,
        picked_qty::numeric(18, 4) as picked_qty,
        packed_qty::numeric(18, 4) as packed_qty,
        shipped_qty::numeric(18, 4) as shipped_qty,
        delivered_qty::numeric(18, 4) as delivered_qty,
        least(called_off_qty, greatest(ordered_qty - shipped_qty, 0))::numeric(18, 4) as cancelled_qty,
        case
            when confirmed_qty is null then 0
            else greatest(
                ordered_qty
                - least(called_off_qty, greatest(ordered_qty - shipped_qty, 0))
                - greatest(least(confirmed_qty, follows_qty), shipped_qty), 0)
        end::numeric(18, 4) as backordered_qty,
        unit_price_amount::numeric(18, 4) as unit_price_amount,
        currency_code,
        handover_due_at
    from in_states
)

select * from final
