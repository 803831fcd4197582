-- What was to be told has gone before anybody was told.
update ops.alerts as a set
    state = 'suppressed',
    state_reason = 'it went away before it was told',
    settled_at = %(now)s,
    settled_as_of = ref.as_of()
where a.state = 'pending' and a.delivery_id is null and a.due_at <= %(now)s
    and (
        a.kind = 'business' and a.event = any(%(business)s) and not exists (
            select from ops.alert_items as i
            join ops.cases as c using (case_id)
            where i.alert_id = coalesce(a.root_id, a.alert_id)
                and c.close_reason is null and c.state <> 'resolved'
                and (a.event not like 'approval\_%%' or c.state = 'awaiting_approval')
        )
        or a.kind = 'technical' and a.event = any(%(technical)s) and not exists (
            select from pg_temp.found as f where f.kind = 'technical' and f.event = a.event and f.cause = a.cause
        )
    )
