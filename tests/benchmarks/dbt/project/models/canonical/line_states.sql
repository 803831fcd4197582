{{ config(unique_key=['thread_id', 'line_number']) }}

with lines as (
    select * from {{ touched(ref('stg_lines')) }}
),

events as (
    select * from {{ touched(ref('stg_events')) }}
),

quantities as (
    select
        thread_id,
        line_number,
        coalesce(sum(qty) filter (where state = 'picked'), 0) as picked_qty,
        coalesce(sum(qty) filter (where state = 'shipped'), 0) as shipped_qty,
        max(occurred_at) as last_event_at
    from events
    group by thread_id, line_number
),

final as (
    select
        lines.thread_id,
        lines.line_number,
        lines.sku,
        lines.ordered_qty,
        coalesce(quantities.picked_qty, 0) as picked_qty,
        coalesce(quantities.shipped_qty, 0) as shipped_qty,
        quantities.last_event_at
    from lines
    left join quantities using (thread_id, line_number)
)

select * from final
