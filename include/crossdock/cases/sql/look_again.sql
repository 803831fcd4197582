-- Every symptom of a case has cleared, and what we did for it still stands somewhere: the systems are read again.
with gone as (
    select k.case_id
    from pg_temp.case_concerned as k
    where k.state in ('triaged', 'awaiting_approval', 'reopened') and k.into_case_id is null
        and exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_claimed)
        and not exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_open)
        and ops.repair_attempt(k.case_id) is not null
    order by k.case_id
)

select case_id, ops.move_case(case_id, 'look_again', 'crossdock', 'system', 'Every symptom has cleared.')
from gone
