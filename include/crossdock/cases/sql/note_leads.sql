-- Another exception leads the case: said in its history.
with told as (
    select ops.note_case(
        l.case_id, 'lead', 'crossdock', 'system', null,
        jsonb_build_object(
            'lead_code', w.exception_code, 'subject_id', w.subject_id, 'title', w.title,
            'was_lead_code', l.was_code, 'was_subject_id', l.was_subject_id)
    )
    from pg_temp.case_leads as l
    join pg_temp.case_work as w on w.detection_id = l.detection_id
    where l.is_another
    order by l.case_id
)

select count(*) from told
