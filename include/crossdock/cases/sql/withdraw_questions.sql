-- Cases whose question is moot: what led them is another, or all of it has gone.
with moot as (
    select k.case_id
    from pg_temp.case_concerned as k
    where k.state = 'awaiting_approval' and (
        exists (select from pg_temp.case_leads as l where l.case_id = k.case_id and l.is_another)
        or (
            (
                k.into_case_id is not null
                or exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_claimed)
            )
            and not exists (select from pg_temp.case_work as w where w.case_id = k.case_id and w.is_open)
        )
    )
    order by k.case_id
)

select ops.move_case(case_id, 'withdraw', 'crossdock', 'system', 'The exception changed or went away.') from moot
