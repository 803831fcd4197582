-- What the case is about, how often it was tried, and who handed it back last.
select
    c.case_id,
    jsonb_build_object(
        'case_id', c.case_id,
        'lead_code', c.lead_code,
        'subject_id', c.subject_id,
        'subject_type', k.subject_type,
        'order_id', c.order_id,
        'thread_id', c.thread_id,
        'partner_id', c.partner_id,
        'title', c.title,
        'state', c.state,
        'severity', c.severity,
        'owner_queue', c.owner_queue,
        'attempt', c.attempt,
        'next_attempt', c.attempt + 1,
        'since_at', c.since_at,
        'evidence', coalesce(d.evidence, '{}'),
        'symptoms', (
            select coalesce(jsonb_agg(distinct e.exception_code), '[]')
            from ops.case_symptoms as s
            join ops.detections as e on e.detection_id = s.detection_id
            where s.case_id = c.case_id and e.cleared_at is null
        ),
        'chosen_before', (
            -- What was done: an approver may have chosen otherwise, and what no partner took was never tried.
            select coalesce(jsonb_agg(distinct coalesce(a.chosen, h.chosen)), '[]')
            from ops.decisions as h
            left join ops.approvals as a on a.decision_id = h.decision_id and a.state = 'approved'
            where h.case_id = c.case_id
                and h.chosen is not null
                and exists (
                    select from ops.actions as x
                    where x.decision_id = h.decision_id and x.compensates is null and x.acknowledged_at is not null
                )
        ),
        'handed_back_by', case when m.event in ('reject', 'expire') then m.event end,
        'has_ticket', t.tickets_count > 0 or t.tries_count >= 3
    ) as value
from ops.cases as c
join ref.exception_catalogue as k on k.exception_code = c.lead_code
left join lateral (
    select e.evidence
    from ops.detections as e
    where e.exception_code = c.lead_code and e.subject_id = c.subject_id
    order by e.cleared_at is not null, e.detection_id desc
    limit 1
) as d on true
left join lateral (
    select h.event
    from ops.case_events as h
    where h.case_id = c.case_id and h.to_state is not null
    order by h.event_id desc
    limit 1
) as m on true
cross join lateral (
    select
        count(a.action_id) filter (where a.acknowledged_at is not null) as tickets_count,
        count(a.action_id) as tries_count
    from ops.decisions as e
    join ops.actions as a on a.decision_id = e.decision_id and a.compensates is null
    where e.case_id = c.case_id and e.playbook = 'service_desk'
) as t
where c.case_id = any(%(cases)s)
