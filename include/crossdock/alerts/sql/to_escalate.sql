-- Sent alerts of a route for which step %(level)s is due and was not taken: nobody answered, or an SLA is near or passed.
with roots as (
    select a.* from ops.alerts as a
    where a.route = %(route)s and a.state = 'sent' and a.level = 0 and a.answered_at is null
        and a.settled_at > %(now)s::timestamptz - %(news_within)s::interval
        and (a.event = any(%(standing)s) or a.kind = 'technical' and a.event <> 'chain_head')
        and not exists (select from ops.alerts as l where l.root_id = a.alert_id and l.level = %(level)s)
),

waiting as (
    select i.alert_id, c.sla_due_at, c.sla_due_at - s.resolve_within * %(at_risk_share)s as at_risk_at
    from roots as r
    join ops.alert_items as i using (alert_id)
    join ops.cases as c using (case_id)
    join ref.service_levels as s on s.severity = c.severity
    where c.close_reason is null and c.state <> 'resolved'
        and (r.event not like 'approval\_%%' or c.state = 'awaiting_approval')
        and (
            %(condition)s <> 'unanswered'
            or not exists (
                select from ops.case_events as e
                where e.case_id = c.case_id and e.actor_kind = 'person' and e.happened_at > r.settled_at
            )
        )
)

select r.*
from roots as r
where case
    when r.kind = 'technical' then
        r.settled_at + %(after)s::interval <= %(now)s
        and (r.event <> all(%(standing)s) or exists (
            select from pg_temp.found as f where f.kind = 'technical' and f.event = r.event and f.cause = r.cause))
    when %(condition)s = 'unanswered' then
        r.settled_as_of + %(after)s::interval <= ref.as_of() and exists (select from waiting as w where w.alert_id = r.alert_id)
    when %(condition)s = 'sla_at_risk' then exists (
        select from waiting as w where w.alert_id = r.alert_id and w.at_risk_at + %(after)s::interval <= ref.as_of())
    else exists (
        select from waiting as w where w.alert_id = r.alert_id and w.sla_due_at + %(after)s::interval <= ref.as_of())
end
order by r.alert_id
