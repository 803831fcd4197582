insert into ops.alerts (
    root_id, level, routes_hash, route, kind, event, cause, title, dedupe_key, audience, channel, severity, why, due_at,
    planned_as_of
)
values (
    %(alert_id)s, %(level)s, %(routes_hash)s, %(route)s, %(kind)s, %(event)s, %(cause)s, %(title)s, %(dedupe_key)s,
    %(audience)s, %(channel)s, %(severity)s, %(why)s, %(due_at)s, ref.as_of()
)
on conflict (route, dedupe_key) do nothing
