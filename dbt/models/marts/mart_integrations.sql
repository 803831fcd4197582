with feeds as (
    select * from {{ source('ref', 'feeds') }} where is_active
),

partners as (
    select * from {{ source('ref', 'partners') }} where is_active
),

runs as (
    select * from {{ source('raw', 'runs') }} where started_at >= now() - interval '7 days'
),

pushed_documents as (
    select *
    from {{ source('raw', 'documents') }}
    where received_at >= now() - interval '7 days' and run_id is null
),

orders as (
    select *
    from {{ ref('orders') }}
    where coalesce(fulfillment_status_code, '') not in ('delivered', 'completed', 'cancelled', 'unfulfillable')
),

order_lines as (
    select * from {{ ref('order_lines') }}
),

identifiers as (
    select * from {{ ref('identifiers') }}
),

-- A run counts what it read; what is pushed comes a document at a time.
counted as (
    select feed_id, sum(records_landed_count) as records_count from runs group by feed_id
    union all
    select feed_id, count(*) from pushed_documents group by feed_id
),

volumes as (
    select feed_id, sum(records_count) as records_count from counted group by feed_id
),

order_erps as (
    select distinct orders.order_id, split_part(identifiers.namespace, '/', 1) as partner_id
    from orders
    join identifiers on identifiers.thread_id = orders.thread_id and identifiers.namespace like '%/sales\_order'
),

-- An order depends on who sent it, on the ERP that has it, and on the warehouses and carriers that work for that ERP.
dependent_orders as (
    select order_id, source_partner_id as partner_id from orders
    union
    select order_id, partner_id from order_erps
    union
    select order_erps.order_id, partners.partner_id
    from order_erps
    join partners
        on partners.role_code in ('warehouse', 'carrier') and partners.settings ->> 'orders_from' = order_erps.partner_id
),

open_amounts as (
    select
        order_lines.order_id,
        order_lines.currency_code,
        sum((order_lines.ordered_qty - order_lines.cancelled_qty - order_lines.delivered_qty) * order_lines.unit_price_amount) as amount
    from order_lines
    join orders on orders.order_id = order_lines.order_id
    where order_lines.unit_price_amount is not null
    group by order_lines.order_id, order_lines.currency_code
),

impacts as (
    select
        dependent_orders.partner_id,
        open_amounts.currency_code,
        count(*) as open_orders_count,
        sum(open_amounts.amount) as open_amount
    from dependent_orders
    join open_amounts on open_amounts.order_id = dependent_orders.order_id
    group by dependent_orders.partner_id, open_amounts.currency_code
),

final as (
    select
        feeds.partner_id,
        feeds.feed,
        feeds.feed_type,
        partners.role_code,
        partners.owner,
        partners.criticality,
        feeds.latency_class,
        feeds.mode as delivery_mode,
        impacts.currency_code,
        round(coalesce(volumes.records_count, 0) / 7.0, 1)::numeric as records_per_day,
        coalesce(impacts.open_orders_count, 0)::int as open_orders_count,
        impacts.open_amount::numeric(18, 4) as open_amount
    from feeds
    join partners on partners.partner_id = feeds.partner_id
    left join volumes on volumes.feed_id = feeds.feed_id
    left join impacts on impacts.partner_id = feeds.partner_id
)

select * from final
