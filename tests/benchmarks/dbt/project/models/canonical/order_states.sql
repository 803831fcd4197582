{{ config(unique_key=['thread_id']) }}

with orders as (
    select * from {{ touched(ref('stg_orders')) }}
),

line_states as (
    select * from {{ touched(ref('line_states')) }}
),

progress as (
    select
        thread_id,
        count(*) as lines_count,
        bool_and(shipped_qty >= ordered_qty) as is_shipped,
        bool_or(picked_qty > 0) as is_begun,
        max(last_event_at) as last_event_at
    from line_states
    group by thread_id
),

final as (
    select
        orders.thread_id,
        orders.ordered_at,
        orders.promised_at,
        progress.lines_count,
        progress.last_event_at,
        case when progress.is_shipped then 'shipped' when progress.is_begun then 'begun' else 'open' end as status_code
    from orders
    left join progress using (thread_id)
)

select * from final
