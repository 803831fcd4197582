-- Which open symptom leads each living case: the one it has, unless another explains it or it has cleared. Whoever has
-- begun to act keeps the lead.
with standing as not materialized (
    select w.*, c.lead_code, c.subject_id as lead_subject_id, k.state
    from pg_temp.case_concerned as k
    join ops.cases as c on c.case_id = k.case_id and c.close_reason is null
    join pg_temp.case_work as w on w.case_id = k.case_id and w.is_open
),

ranked as (
    select distinct on (s.case_id)
        s.*,
        (s.exception_code, s.subject_id) is distinct from (s.lead_code, s.lead_subject_id) as is_another
    from standing as s
    left join lateral (
        select true as is_explained
        from standing as cause
        join ref.symptom_of as e on e.cause_code = cause.exception_code and e.symptom_code = s.exception_code
        where cause.case_id = s.case_id and coalesce(cause.shipment_id = s.shipment_id, true)
        limit 1
    ) as x on true
    where s.state in ('open', 'triaged', 'awaiting_approval', 'reopened')
        or (s.exception_code = s.lead_code and s.subject_id = s.lead_subject_id)
    order by
        s.case_id, coalesce(x.is_explained, false),
        (s.exception_code = s.lead_code and s.subject_id = s.lead_subject_id) desc, s.since_at, s.detection_id
)

insert into pg_temp.case_leads (case_id, detection_id, state, is_another, was_code, was_subject_id)
select case_id, detection_id, state, is_another, lead_code, lead_subject_id from ranked
