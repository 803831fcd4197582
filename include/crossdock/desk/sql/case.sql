-- A case with everything that hangs on it, in one row.
select
    c.*,
    q.title as queue_title,
    q.airflow_role,
    e.title as lead_title,
    e.description as lead_description,
    o.partner_order_ref,
    o.erp_order_ref,
    o.customer_ref,
    o.customer_tier,
    o.promised_at,
    o.fulfillment_status_code,
    p.name as partner_name,
    ref.as_of() as as_of,
    (
        select max(v.as_of) from ops.case_events as v
        where v.case_id = c.case_id and c.close_reason is not null and v.to_state in ('resolved', 'closed', 'dismissed')
    ) as ended_as_of,
    (
        select coalesce(jsonb_agg(to_jsonb(s) order by s.is_lead desc, s.detection_id), '[]')
        from (
            select
                d.detection_id, d.exception_code, k.title, k.description, d.subject_id, d.since_at, d.due_at, d.evidence,
                d.detected_as_of, d.cleared_as_of, d.exception_code = c.lead_code as is_lead
            from ops.case_symptoms as cs
            join ops.detections as d using (detection_id)
            join ref.exception_catalogue as k using (exception_code)
            where cs.case_id = c.case_id
        ) as s
    ) as symptoms,
    (
        select coalesce(jsonb_agg(to_jsonb(d) order by d.decision_id desc), '[]')
        from ops.decisions as d where d.case_id = c.case_id
    ) as decisions,
    (
        select coalesce(jsonb_agg(to_jsonb(a) order by a.attempt desc, a.step, a.action_id), '[]')
        from (
            select x.*, f.name as system_name
            from ops.actions as x
            join ref.partners as f using (partner_id)
            where x.case_id = c.case_id
        ) as a
    ) as actions,
    (
        select coalesce(jsonb_agg(to_jsonb(v) order by v.verification_id desc), '[]')
        from (
            select x.*, f.name as system_name
            from ops.verifications as x
            left join ref.partners as f using (partner_id)
            where x.case_id = c.case_id
        ) as v
    ) as verifications,
    (
        select coalesce(jsonb_agg(to_jsonb(a) order by a.approval_id desc), '[]')
        from ops.approvals as a where a.case_id = c.case_id
    ) as approvals,
    (
        select coalesce(jsonb_agg(to_jsonb(v) order by v.event_id desc), '[]')
        from ops.case_events as v where v.case_id = c.case_id
    ) as events
from ops.cases as c
join ref.queues as q on q.queue = c.owner_queue
join ref.exception_catalogue as e on e.exception_code = c.lead_code
left join canonical.orders as o on o.thread_id = c.thread_id
left join ref.partners as p on p.partner_id = o.source_partner_id
where c.case_id = %(case_id)s
