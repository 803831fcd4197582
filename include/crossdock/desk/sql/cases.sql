-- What the list shows of each of these cases, in the order of the ids.
select
    c.case_id,
    c.lead_code,
    c.title,
    c.subject_id,
    c.thread_id,
    c.order_id,
    c.state,
    c.severity,
    c.owner_queue,
    c.assignee,
    c.next_action,
    c.next_actor,
    c.next_at,
    c.since_at,
    c.sla_due_at,
    c.opened_as_of,
    c.close_reason,
    o.partner_order_ref,
    o.erp_order_ref,
    o.customer_ref,
    o.customer_tier,
    o.promised_at,
    p.name as partner_name,
    coalesce(s.symptoms, '[]') as symptoms,
    ended.as_of as ended_as_of,
    ref.as_of() as as_of
from unnest(%(ids)s::bigint[]) with ordinality as wanted (case_id, place)
join ops.cases as c using (case_id)
left join canonical.orders as o on o.thread_id = c.thread_id
left join ref.partners as p on p.partner_id = o.source_partner_id
left join lateral (
    select jsonb_agg(
        jsonb_build_object('code', d.exception_code, 'title', e.title, 'is_cleared', d.cleared_at is not null)
        order by d.exception_code = c.lead_code desc, d.detection_id
    ) as symptoms
    from ops.case_symptoms as cs
    join ops.detections as d using (detection_id)
    join ref.exception_catalogue as e using (exception_code)
    where cs.case_id = c.case_id
) as s on true
left join lateral (
    select max(e.as_of) as as_of
    from ops.case_events as e
    where e.case_id = c.case_id and c.close_reason is not null and e.to_state in ('resolved', 'closed', 'dismissed')
) as ended on true
order by wanted.place
