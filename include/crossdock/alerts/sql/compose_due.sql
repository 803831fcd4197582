-- Alerts that may go out now, the longest due first; those of one digest together.
with due as (
    select alert_id, route, audience, channel, level, due_at from ops.alerts
    where state = 'pending' and delivery_id is null and due_at <= %(now)s
    order by due_at, alert_id
    limit %(limit)s
)

select array_agg(alert_id order by due_at, alert_id) as alert_ids, route, audience, channel, level
from due
group by route, audience, channel, level, case when route = any(%(digests)s) and level = 0 then 0 else alert_id end
order by min(due_at), min(alert_id)
