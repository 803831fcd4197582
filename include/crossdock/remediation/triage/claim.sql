-- Cases to be decided: new ones, reopened ones, and those that a person or the clock handed back, once each time it did.
-- Not those of a replay:
-- their last word on it is in the case's history (`data.is_replay`), until somebody says otherwise there.
select c.case_id, c.updated_at
from ops.cases as c
cross join lateral (
    select
        (
            select case
                when not exists (
                    select from ops.decisions as d
                    where d.case_id = c.case_id and d.mode <> 'shadow' and d.decided_at > e.happened_at
                ) then e.event
            end
            from ops.case_events as e
            where e.case_id = c.case_id and e.to_state is not null
            order by e.event_id desc limit 1
        ) as moved_by,
        (
            select (e.data ->> 'is_replay')::boolean from ops.case_events as e
            where e.case_id = c.case_id and e.data ? 'is_replay'
            order by e.event_id desc limit 1
        ) as is_replay
) as h
where c.close_reason is null
    and (c.state in ('open', 'reopened') or (c.state = 'triaged' and h.moved_by in ('reject', 'expire')))
    and coalesce(c.next_at, '-infinity') <= ref.as_of()
    and not coalesce(h.is_replay, false)
order by c.sla_due_at, c.case_id
limit %(limit)s
