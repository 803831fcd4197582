-- A cause joins the case that so far had its symptom for a lead; one cause a case, and what has a cause itself waits.
with causes as (
    select distinct on (n.detection_id) n.detection_id, n.thread_id, c.case_id
    from pg_temp.case_work as n
    join pg_temp.case_work as led on led.thread_id = n.thread_id and led.is_open
    join ops.cases as c
        on c.case_id = led.case_id and c.lead_code = led.exception_code and c.subject_id = led.subject_id
        and c.close_reason is null
    join ref.symptom_of as s on s.symptom_code = led.exception_code and s.cause_code = n.exception_code
    where n.case_id is null and n.is_open and coalesce(n.shipment_id = led.shipment_id, true)
        and not exists (
            select
            from pg_temp.case_work as held
            join ref.symptom_of as sh
                on sh.cause_code = held.exception_code and sh.symptom_code = led.exception_code
            where held.case_id = c.case_id and held.is_open and coalesce(held.shipment_id = led.shipment_id, true)
        )
        and not exists (
            select
            from pg_temp.case_work as cause
            join ref.symptom_of as sc
                on sc.cause_code = cause.exception_code and sc.symptom_code = n.exception_code
            where cause.thread_id = n.thread_id and cause.case_id is null and cause.is_open
                and coalesce(cause.shipment_id = n.shipment_id, true)
        )
    order by n.detection_id, c.case_id
),

first_causes as (
    select distinct on (case_id) * from causes order by case_id, detection_id
)

update pg_temp.case_work as w
set case_id = f.case_id
from first_causes as f
where f.detection_id = w.detection_id
