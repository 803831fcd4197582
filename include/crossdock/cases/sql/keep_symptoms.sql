-- What joined a case is written down; the detection that leads a new one stands in its first event.
with kept as (
    insert into ops.case_symptoms (detection_id, case_id, evidence_mark)
    select detection_id, case_id, evidence_mark
    from pg_temp.case_work
    where case_id is not null and not is_known
    returning detection_id, case_id
),

noted as (
    select ops.note_case(
        w.case_id, 'symptom', 'crossdock', 'system', null,
        jsonb_build_object(
            'detection_id', w.detection_id, 'code', w.exception_code, 'subject_id', w.subject_id, 'title', w.title)
    )
    from pg_temp.case_work as w
    join kept as k on k.detection_id = w.detection_id
    join ops.cases as c on c.case_id = w.case_id
    where (c.lead_code, c.subject_id) is distinct from (w.exception_code, w.subject_id) or c.opened_at < now()
    order by w.detection_id
)

select count(*) from noted
