-- The alerts of a message, each with what it is about; the first items in full, the others counted.
select
    a.alert_id, a.root_id, a.level, a.kind, a.event, a.cause, a.title, a.severity, a.why, a.dedupe_key, a.planned_at,
    items.*
from ops.alerts as a
cross join lateral (
    select
        count(*) as count,
        count(distinct i.order_id) as orders_count,
        count(*) filter (where c.close_reason is null and c.state <> 'resolved') as standing_count,
        min(c.sla_due_at) filter (where c.close_reason is null) as next_due_at,
        coalesce(jsonb_agg(
            jsonb_build_object(
                'case_id', i.case_id, 'order_id', i.order_id, 'fact', i.fact, 'title', c.title, 'state', c.state,
                'severity', c.severity, 'sla_due_at', c.sla_due_at, 'next_action', c.next_action,
                'next_actor', c.next_actor
            ) order by i.n
        ) filter (where i.n <= %(shown)s), '[]') as items
    from (
        select *, row_number() over (order by happened_at, item_key) as n from ops.alert_items
        where alert_id = coalesce(a.root_id, a.alert_id)
    ) as i
    left join ops.cases as c using (case_id)
) as items
where a.alert_id = any(%(alert_ids)s)
order by array_position(array['critical', 'high', 'medium', 'low'], a.severity), a.alert_id
