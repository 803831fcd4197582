with orders as (
    select * from {{ ref('orders') }}
),

order_lines as (
    select * from {{ ref('order_lines') }}
),

order_amounts as (
    select * from {{ ref('order_amounts') }}
),

shipments as (
    select * from {{ ref('shipments') }}
),

detections as (
    select * from {{ source('ops', 'detections') }}
),

quantities as (
    select
        order_id,
        count(distinct warehouse_code) as warehouses_count,
        sum(ordered_qty) as ordered_qty,
        sum(shipped_qty) as shipped_qty,
        sum(delivered_qty) as delivered_qty,
        sum(cancelled_qty) as cancelled_qty,
        sum(backordered_qty) as backordered_qty
    from order_lines
    group by order_id
),

-- One party's word each: the highest sum any one of them states.
amounts_by_party as (
    select order_id, kind_code, stated_by, sum(amount) as amount
    from order_amounts
    group by order_id, kind_code, stated_by
),

amounts as (
    select
        order_id,
        max(amount) filter (where kind_code = 'ordered') as ordered_amount,
        max(amount) filter (where kind_code = 'charged') as charged_amount
    from amounts_by_party
    group by order_id
),

parcels as (
    select
        order_id,
        count(*) as shipments_count,
        min(handed_over_at) as first_handed_over_at,
        case when bool_and(delivered_at is not null) then max(delivered_at) end as delivered_at
    from shipments
    group by order_id
),

troubles as (
    select
        order_id,
        count(*) as exceptions_count,
        count(*) filter (where cleared_at is null) as open_exceptions_count
    from detections
    where order_id is not null
    group by order_id
),

final as (
    select
        orders.order_id,
        orders.source_partner_id as partner_id,
        orders.partner_order_ref,
        orders.erp_order_ref,
        orders.channel_code,
        orders.customer_tier,
        orders.ship_to_region,
        orders.fulfillment_status_code,
        orders.billing_status_code,
        orders.incoterms_code,
        orders.currency_code,
        orders.is_incomplete,
        orders.is_regulated,
        parcels.delivered_at <= orders.promised_at as is_on_time,
        coalesce(troubles.open_exceptions_count, 0) > 0 as is_exception_pending,
        orders.lines_count,
        coalesce(parcels.shipments_count, 0)::int as shipments_count,
        coalesce(quantities.warehouses_count, 0)::int as warehouses_count,
        coalesce(troubles.exceptions_count, 0)::int as exceptions_count,
        coalesce(troubles.open_exceptions_count, 0)::int as open_exceptions_count,
        quantities.ordered_qty::numeric(18, 4) as ordered_qty,
        quantities.shipped_qty::numeric(18, 4) as shipped_qty,
        quantities.delivered_qty::numeric(18, 4) as delivered_qty,
        quantities.cancelled_qty::numeric(18, 4) as cancelled_qty,
        quantities.backordered_qty::numeric(18, 4) as backordered_qty,
        amounts.ordered_amount::numeric(18, 4) as ordered_amount,
        amounts.charged_amount::numeric(18, 4) as charged_amount,
        orders.ordered_at,
        orders.promised_at,
        parcels.first_handed_over_at,
        parcels.delivered_at,
        orders.cancelled_at
    from orders
    left join quantities on quantities.order_id = orders.order_id
    left join amounts on amounts.order_id = orders.order_id
    left join parcels on parcels.order_id = orders.order_id
    left join troubles on troubles.order_id = orders.order_id
)

select * from final
