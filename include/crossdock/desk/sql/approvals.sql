-- Every question that waits, the most urgent first.
select
    a.approval_id,
    a.case_id,
    a.question,
    a.proposed_by,
    a.may_answer,
    a.expires_as_of,
    a.asked_at,
    c.title,
    c.order_id,
    c.thread_id,
    c.severity,
    c.owner_queue,
    d.chosen,
    d.reason,
    o.partner_order_ref,
    ref.as_of() as as_of
from ops.approvals as a
join ops.cases as c using (case_id)
join ops.decisions as d using (decision_id)
left join canonical.orders as o on o.thread_id = c.thread_id
where a.state = 'waiting'
order by a.expires_as_of, a.approval_id
