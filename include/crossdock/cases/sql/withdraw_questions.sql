-- Cases whose question is moot: what led them is another, or all of it has gone.
with moot as (
    select k.case_id
    from pg_temp.case_concerned as k
    where k.state in ('triaged', 'awaiting_approval') and (
        exists (select from pg_temp.case_leads as l where l.case_id = k.case_id and l.is_another)
        or (
            (
                k.into_case_id is not null
                or exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_claimed)
            )
            and not exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_open)
        )
    )
),

withdrawn as (
    update ops.approvals as a set state = 'withdrawn'
    from moot as m
    where a.case_id = m.case_id and a.state = 'waiting'
),

cancelled as (
    update ops.actions as a set state = 'cancelled'
    from moot as m
    where a.case_id = m.case_id and a.state = 'proposed'
)

select
    ops.move_case(
        m.case_id, 'withdraw', 'crossdock', 'system', 'The exception changed or went away: the question is moot.')
from moot as m
join pg_temp.case_concerned as k on k.case_id = m.case_id and k.state = 'awaiting_approval'
order by m.case_id
