with orders as (
    select * from {{ touched(ref('orders')) }}
),

order_amounts as (
    select * from {{ touched(ref('order_amounts')) }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'price_mismatch'
),

-- What one party states for an order may come in several parts: payments, invoices.
statements as (
    select
        order_id,
        kind_code,
        stated_by,
        currency_code,
        round(sum(amount), 2) as amount,
        max(stated_at) as stated_at
    from order_amounts
    group by order_id, kind_code, stated_by, currency_code
),

differences as (
    select
        charged.order_id,
        charged.currency_code,
        ordered.stated_by as ordered_by,
        ordered.amount as ordered_amount,
        charged.stated_by as charged_by,
        charged.amount as charged_amount,
        charged.amount - ordered.amount as difference_amount,
        greatest(charged.stated_at, ordered.stated_at) as known_at
    from statements as charged
    join statements as ordered
        on ordered.order_id = charged.order_id
        and ordered.currency_code is not distinct from charged.currency_code
    where charged.kind_code = 'charged' and ordered.kind_code = 'ordered'
),

worst_differences as (
    select distinct on (differences.order_id) differences.*
    from differences
    cross join rule
    where abs(differences.difference_amount) > (rule.parameters ->> 'tolerance_amount')::numeric
    order by differences.order_id, abs(differences.difference_amount) desc, differences.charged_by
),

found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        coalesce(worst.known_at, orders.ordered_at) as since_at,
        jsonb_build_object(
            'ordered_amount', worst.ordered_amount::text,
            'ordered_by', worst.ordered_by,
            'charged_amount', worst.charged_amount::text,
            'charged_by', worst.charged_by,
            'difference_amount', worst.difference_amount::text,
            'currency_code', worst.currency_code
        ) as evidence
    from worst_differences as worst
    join orders on orders.order_id = worst.order_id
),

{{ exception_rows('found') }}

select * from final
