-- What stands open in a merged case goes over; both histories say so.
with moved as (
    update pg_temp.case_work as w
    set case_id = k.into_case_id
    from pg_temp.case_concerned as k
    where k.case_id = w.case_id and w.is_open and k.into_case_id is not null
    returning w.*, k.case_id as from_case_id
),

kept as (
    update ops.case_symptoms as s
    set case_id = m.case_id
    from moved as m
    where m.detection_id = s.detection_id
),

told as (
    select ops.note_case(
        m.case_id, 'symptom', 'crossdock', 'system', 'It stood in another case.',
        jsonb_build_object(
            'detection_id', m.detection_id, 'code', m.exception_code, 'subject_id', m.subject_id, 'title', m.title,
            'from_case_id', m.from_case_id)
    )
    from moved as m
    order by m.detection_id
),

left_behind as (
    select ops.note_case(
        m.from_case_id, 'merged', 'crossdock', 'system', 'Another case holds the cause.',
        jsonb_build_object('into_case_id', m.case_id)
    )
    from (select distinct from_case_id, case_id from moved) as m
)

select (select count(*) from told) + (select count(*) from left_behind)
