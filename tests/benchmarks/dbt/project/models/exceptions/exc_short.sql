with line_states as (
    select * from {{ touched(ref('line_states')) }}
)

select thread_id, line_number, ordered_qty, picked_qty from line_states where picked_qty > 0 and picked_qty < ordered_qty
