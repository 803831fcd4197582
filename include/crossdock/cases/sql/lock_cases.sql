-- The cases of the claimed detections, and the living ones that might explain them; nobody moves them meanwhile.
with claimed as (
    select d.* from pg_temp.case_claimed as c join ops.detections as d on d.detection_id = c.detection_id
),

concerned as (
    select s.case_id
    from claimed as d
    join ops.case_symptoms as s on s.detection_id = d.detection_id
    union
    select c.case_id
    from claimed as d
    join ops.cases as c on c.thread_id = d.thread_id and c.close_reason is null
    union
    select c.case_id
    from claimed as d
    join ops.cases as c
        on c.lead_code = d.exception_code and c.subject_id = d.subject_id and c.close_reason is null
),

locked as (
    select case_id, state
    from ops.cases
    where case_id in (select case_id from concerned)
    order by case_id
    for update
)

insert into pg_temp.case_concerned (case_id, state)
select case_id, state from locked
