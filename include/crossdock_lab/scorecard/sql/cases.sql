-- Every case since the world began: when it opened, when it was resolved, who touched it, what it was about.
select
    c.case_id,
    c.lead_code as code,
    coalesce(c.order_id, c.thread_id) as subject,
    c.state,
    c.close_reason,
    c.playbook,
    c.opened_at,
    r.happened_at as resolved_at,
    r.as_of as resolved_as_of,
    coalesce(p.touched, false) as touched_by_person,
    s.codes
from ops.cases as c
cross join lateral (
    select array_agg(distinct d.exception_code) as codes
    from ops.case_symptoms as m
    join ops.detections as d using (detection_id)
    where m.case_id = c.case_id
) as s
left join lateral (
    select happened_at, as_of from ops.case_events
    where case_id = c.case_id and to_state = 'resolved'
    order by event_id desc
    limit 1
) as r on true
left join lateral (
    select true as touched from ops.case_events where case_id = c.case_id and actor_kind = 'person' limit 1
) as p on true
where c.opened_at >= %(since)s
order by c.case_id
