-- One page of cases living or not, the newest first.
select c.case_id
from ops.cases as c
where (not %(finished)s or c.close_reason is not null)
    and (%(queues)s::text[] is null or c.owner_queue = any(%(queues)s))
    and (%(state)s::text is null or c.state = %(state)s)
    and (%(severity)s::text is null or c.severity = %(severity)s)
    and (%(code)s::text is null or c.lead_code = %(code)s)
    and (%(cause)s::text is null or c.case_id in (
        select l.case_id from ops.living_case_causes as l
        where l.cause_code = %(cause)s and (%(origin)s::text is null or coalesce(l.origin, 'none') = %(origin)s)
    ))
    and (%(assignee)s::text is null or c.assignee = %(assignee)s)
    and (%(threads)s::text[] is null or c.thread_id = any(%(threads)s) or c.case_id = %(case_id)s)
    and (%(after_id)s::bigint is null or c.case_id < %(after_id)s)
order by c.case_id desc
limit %(limit)s
