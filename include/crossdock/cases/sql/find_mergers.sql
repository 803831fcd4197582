-- A case of which something in another has become the cause, and nothing of its own: the two are one fault.
with living as not materialized (
    select w.*, c.lead_code, c.subject_id as lead_subject_id, k.state
    from pg_temp.case_concerned as k
    join ops.cases as c on c.case_id = k.case_id and c.close_reason is null
    join pg_temp.case_work as w on w.case_id = k.case_id and w.is_open
),

explained as (
    select
        led.case_id,
        min(cause.case_id) filter (where cause.case_id <> led.case_id) as into_case_id,
        bool_or(cause.case_id = led.case_id) as is_explained_at_home
    from living as led
    join living as cause on cause.thread_id = led.thread_id
    join ref.symptom_of as s on s.cause_code = cause.exception_code and s.symptom_code = led.exception_code
    where led.exception_code = led.lead_code and led.subject_id = led.lead_subject_id
        and led.state in ('open', 'triaged', 'awaiting_approval', 'reopened')
        and coalesce(led.shipment_id = cause.shipment_id, true)
    group by led.case_id
)

update pg_temp.case_concerned as k
set into_case_id = e.into_case_id
from explained as e
where e.case_id = k.case_id and k.into_case_id is null and not e.is_explained_at_home
    and not exists (select from explained as o where o.case_id = e.into_case_id and not o.is_explained_at_home)
