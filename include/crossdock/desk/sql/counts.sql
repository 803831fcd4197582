-- Living cases and waiting approvals of each queue.
select
    q.queue,
    q.title,
    q.airflow_role,
    coalesce(c.living, 0) as living,
    coalesce(c.overdue, 0) as overdue,
    coalesce(a.waiting, 0) as waiting
from ref.queues as q
left join (
    select owner_queue, count(*) as living, count(*) filter (where sla_due_at < (select ref.as_of())) as overdue
    from ops.cases
    where close_reason is null
    group by owner_queue
) as c on c.owner_queue = q.queue
left join (
    select answerer as queue, count(*) as waiting
    from ops.approvals
    cross join lateral unnest(may_answer) as answerer
    where state = 'waiting'
    group by answerer
) as a on a.queue = q.queue
order by q.title
