insert into ops.alerts (
    routes_hash, route, kind, event, cause, title, dedupe_key, audience, channel, severity, why, state, state_reason,
    due_at, planned_as_of, settled_at, settled_as_of
)
values (
    %(routes_hash)s, %(route)s, %(kind)s, %(event)s, %(cause)s, %(title)s, %(dedupe_key)s, %(audience)s, %(channel)s,
    %(severity)s, %(why)s, %(state)s, %(state_reason)s, %(due_at)s, ref.as_of(),
    case when %(state)s = 'suppressed' then %(now)s end, case when %(state)s = 'suppressed' then ref.as_of() end
)
returning alert_id
