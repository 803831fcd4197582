-- The questions that wait, the most pressing first; null roles: all of them.
select
    a.approval_id,
    a.case_id,
    c.order_id,
    c.title,
    c.severity,
    c.owner_queue,
    a.question,
    a.proposed_by,
    a.may_answer,
    d.chosen,
    a.asked_at,
    a.expires_as_of
from ops.approvals as a
join ops.cases as c using (case_id)
join ops.decisions as d using (decision_id)
where a.state = 'waiting'
    and (
        %(roles)s::text[] is null
        or exists (
            select from ref.queues as q where q.queue = any(a.may_answer) and q.airflow_role = any(%(roles)s)
        )
    )
order by a.expires_as_of, a.approval_id
