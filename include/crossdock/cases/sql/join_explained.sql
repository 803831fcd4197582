-- A symptom joins the case in which its cause stands: on the same order, and of the same shipment where both have one.
update pg_temp.case_work as w
set case_id = k.case_id
from (
    select distinct on (n.detection_id) n.detection_id, c.case_id
    from pg_temp.case_work as n
    join pg_temp.case_work as cause on cause.thread_id = n.thread_id and cause.is_open
    join ref.symptom_of as s on s.symptom_code = n.exception_code and s.cause_code = cause.exception_code
    join ops.cases as c on c.case_id = cause.case_id and c.close_reason is null
    where n.case_id is null and n.is_open and coalesce(n.shipment_id = cause.shipment_id, true)
    order by n.detection_id, c.case_id
) as k
where k.detection_id = w.detection_id
