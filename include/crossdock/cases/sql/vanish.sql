-- Every symptom has cleared, and nothing that we did still stands: the world has mended itself.
with gone as (
    select k.case_id, k.into_case_id
    from pg_temp.case_concerned as k
    where k.state in ('open', 'triaged', 'awaiting_approval', 'reopened')
        and (
            k.into_case_id is not null
            or exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_claimed)
        )
        and not exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_open)
        and (k.into_case_id is not null or ops.repair_attempt(k.case_id) is null)
    order by k.case_id
)

select ops.move_case(
    case_id, 'vanish', 'crossdock', 'system',
    coalesce('One fault with case ' || into_case_id || '.', 'Every symptom has cleared.'))
from gone
