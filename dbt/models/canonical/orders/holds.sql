{{ config(unique_key=['thread_id', 'hold_id']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_versions')) }}
),

-- The versions of an order in their order; of those with one time of change only the last counts.
versions as (
    select distinct on (sales_order_identifier, coalesce(changed_at, landed_at))
        sales_order_identifier,
        partner_id,
        credit_status_code,
        delivery_hold_code,
        billing_hold_code,
        coalesce(changed_at, landed_at) as changed_at
    from sales_orders
    order by sales_order_identifier, coalesce(changed_at, landed_at), record_id desc
),

kinds as (
    select
        v.sales_order_identifier,
        v.partner_id,
        v.changed_at,
        k.kind_code,
        case k.kind_code when 'credit' then v.credit_status_code = 'credit' else false end
            or k.kind_code = v.delivery_hold_code
            or k.kind_code = v.billing_hold_code as is_held
    from versions as v
    cross join (
        select status_code as kind_code from {{ source('ref', 'statuses') }} where axis = 'hold'
    ) as k
),

changes as (
    select
        *,
        coalesce(is_held, false) as held,
        lag(coalesce(is_held, false), 1, false) over (
            partition by sales_order_identifier, kind_code order by changed_at
        ) as held_before
    from kinds
),

-- A hold opens with the first version that has it and is released with the first that has it no more.
edges as (
    select
        *,
        lead(changed_at) over (partition by sales_order_identifier, kind_code order by changed_at) as next_changed_at
    from changes
    where held <> held_before
),

final as (
    select
        i.thread_id,
        {{ order_of('i.thread_id') }} as order_id,
        e.sales_order_identifier || '#' || e.kind_code || '@' || extract(epoch from e.changed_at)::bigint as hold_id,
        e.kind_code,
        e.partner_id as stated_by,
        e.changed_at as opened_at,
        e.next_changed_at as released_at
    from edges as e
    join identifiers as i on i.identifier = e.sales_order_identifier
    where e.held
)

select * from final
