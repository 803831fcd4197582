-- Each thing found, once a route that tells it and has not told it yet.
create temp table matched on commit drop as
select
    r.route,
    case when r.person is null then r.audience else 'person:' || f.person end as audience,
    f.*
from jsonb_to_recordset(%(routes)s::jsonb) as r (
    route text, kind text, audience text, events text[], severities text[], codes text[], queues text[], person text
)
join pg_temp.found as f
    on f.kind = r.kind
    and f.event = any(r.events)
    and f.severity = any(r.severities)
    and (r.codes = '{}' or f.code = any(r.codes))
    and (r.queues is null or r.queues && f.queues)
    and (r.person is null or f.person = r.person or r.person = 'assignee' and f.person is not null)
where (select i.alert_id from ops.alert_items as i where i.route = r.route and i.item_key = f.item_key) is null
