-- One approval with its case, the evidence of each symptom in rows, and the decision's candidates.
select
    a.approval_id,
    a.case_id,
    a.question,
    a.proposed_by,
    a.may_answer,
    a.expires_as_of,
    c.title,
    c.order_id,
    c.severity,
    c.owner_queue,
    d.chosen,
    d.candidates,
    (
        select coalesce(jsonb_agg(jsonb_build_array(t.title, f.key || ': ' || (f.value #>> '{}')) order by s.detection_id), '[]')
        from ops.case_symptoms as s
        join ops.detections as e using (detection_id)
        join ref.exception_catalogue as t on t.exception_code = e.exception_code
        cross join lateral jsonb_each(e.evidence) as f
        where s.case_id = a.case_id and jsonb_typeof(f.value) not in ('null', 'object', 'array')
    ) as symptoms
from ops.approvals as a
join ops.cases as c using (case_id)
join ops.decisions as d using (decision_id)
where a.approval_id = %(approval_id)s
