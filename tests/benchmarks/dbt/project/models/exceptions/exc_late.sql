with order_states as (
    select * from {{ touched(ref('order_states')) }}
)

select thread_id, promised_at, status_code from order_states
where status_code <> 'shipped' and promised_at < timestamptz '2026-01-20Z'
