-- Evidence that changed, and what cleared: once each in the history of the case.
with changed as (
    update ops.case_symptoms as s
    set evidence_mark = w.evidence_mark, is_cleared = not w.is_open
    from pg_temp.case_work as w
    where w.detection_id = s.detection_id and w.is_claimed and w.is_known
        and (s.evidence_mark, s.is_cleared) is distinct from (w.evidence_mark, not w.is_open)
    returning s.case_id, s.detection_id, w.exception_code, w.subject_id, w.is_open
),

told as (
    select ops.note_case(
        h.case_id, case when h.is_open then 'evidence' else 'cleared' end, 'crossdock', 'system', null,
        jsonb_build_object('detection_id', h.detection_id, 'code', h.exception_code, 'subject_id', h.subject_id)
        || case when h.is_open then jsonb_build_object('evidence', d.evidence) else '{}' end
    )
    from changed as h
    join ops.cases as c on c.case_id = h.case_id
    join ops.detections as d on d.detection_id = h.detection_id
    where c.close_reason is null or not h.is_open
    order by h.detection_id
),

notes as (
    select count(*) from told
)

select count(*) filter (where not is_open), (select * from notes) from changed
