-- What a living case has had before comes back to it: the case that it leads before any other.
update pg_temp.case_work as w
set case_id = k.case_id
from (
    select distinct on (n.detection_id) n.detection_id, c.case_id
    from pg_temp.case_work as n
    join pg_temp.case_work as o
        on o.exception_code = n.exception_code and o.subject_id = n.subject_id and o.case_id is not null
    join ops.cases as c on c.case_id = o.case_id and c.close_reason is null
    where n.case_id is null and n.is_open
    order by n.detection_id, (c.lead_code = n.exception_code and c.subject_id = n.subject_id) desc, c.case_id
) as k
where k.detection_id = w.detection_id
