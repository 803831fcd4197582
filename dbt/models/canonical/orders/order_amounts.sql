{{ config(unique_key=['thread_id', 'kind_code', 'stated_by', 'currency_code']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_orders')) }}
),

purchase_orders as (
    select * from {{ touched(ref('stg_x12__purchase_orders')) }}
),

purchase_order_lines as (
    select * from {{ touched(ref('stg_x12__purchase_order_lines')) }}
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__orders')) }}
),

standard_lines as (
    select * from {{ touched(ref('stg_standard__order_lines')) }}
),

charges as (
    select * from {{ touched(ref('stg_standard__charges')) }}
),

edi_sums as (
    select order_identifier, sum(ordered_qty * unit_price_amount) as amount
    from purchase_order_lines
    group by order_identifier
),

standard_sums as (
    select
        order_identifier,
        sum(coalesce(unit_price_amount, 0) * ordered_qty + coalesce(freight_amount, 0)) as amount,
        min(currency_code) as currency_code
    from standard_lines
    group by order_identifier
),

-- An invoice and the payment of it are one charge: invoices count where there are any.
charged as (
    select
        order_identifier, partner_id, min(currency_code) as currency_code,
        coalesce(sum(amount) filter (where kind_code = 'invoice'), sum(amount) filter (where kind_code = 'payment'), 0)
        + coalesce(sum(amount) filter (where kind_code = 'credit'), 0) as amount,
        max(charged_at) as stated_at
    from charges
    group by order_identifier, partner_id
),

stated as (
    select order_identifier as document, 'ordered' as kind_code, partner_id as stated_by, total_amount as amount, currency_code, changed_at as stated_at
    from shop_orders

    union all
    select o.order_identifier, 'ordered', o.partner_id, s.amount + coalesce(o.charges_amount, 0), o.currency_code, o.ordered_at
    from purchase_orders as o
    join edi_sums as s on s.order_identifier = o.order_identifier

    union all
    select o.order_identifier, 'ordered', o.partner_id, coalesce(o.total_amount, s.amount), coalesce(o.currency_code, s.currency_code), o.ordered_at
    from standard_orders as o
    left join standard_sums as s on s.order_identifier = o.order_identifier

    union all
    select sales_order_identifier, 'charged', partner_id, net_amount, currency_code, changed_at
    from sales_orders

    union all
    select order_identifier, 'charged', partner_id, amount, currency_code, stated_at
    from charged
),

-- In direct sales the ERP is the ordering channel too.
with_direct as (
    select i.thread_id, s.*
    from stated as s
    join identifiers as i on i.identifier = s.document

    union all
    select i.thread_id, s.document, 'ordered', s.stated_by, s.amount, s.currency_code, s.stated_at
    from stated as s
    join identifiers as i on i.identifier = s.document and i.depth = 0
    where s.kind_code = 'charged' and i.namespace like '%/sales\_order'
),

final as (
    select
        thread_id,
        {{ order_of('thread_id') }} as order_id,
        kind_code,
        stated_by,
        sum(amount)::numeric(18, 4) as amount,
        coalesce(currency_code, 'XXX') as currency_code,
        max(stated_at) as stated_at
    from with_direct
    where amount is not null
    group by thread_id, kind_code, stated_by, coalesce(currency_code, 'XXX')
)

select * from final
