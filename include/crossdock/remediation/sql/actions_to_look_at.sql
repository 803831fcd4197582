-- What was done in the attempt at a case that is looked at, and what was done at the same order later and may have changed it since.
select
    a.action_id,
    a.case_id,
    a.attempt,
    a.step,
    a.command,
    a.idempotency_key,
    a.state,
    a.target,
    a.reply,
    a.acknowledged_as_of,
    a.case_id = c.case_id and a.attempt = %(attempt)s and a.compensates is null as is_own,
    (
        select coalesce(jsonb_object_agg(b.step, b.reply), '{}')
        from ops.actions as b
        where b.case_id = a.case_id and b.attempt = a.attempt and b.compensates is null
    ) as replies
from ops.cases as c
join ops.actions as a on a.case_id = c.case_id or a.order_id = c.order_id
where c.case_id = %(case_id)s and (
    a.state in ('acknowledged', 'verified')
    or (a.state = 'failed' and a.error_class = 'Disagreement' and a.case_id = c.case_id and a.attempt = %(attempt)s)
)
order by a.acknowledged_at, a.step, a.action_id
