-- Cases about a partner that could not be reached, still open although the detection has cleared.
select c.case_id, c.partner_id
from ops.cases as c
where c.lead_code = 'partner_unavailable' and c.close_reason is null
    and not exists (
        select from ops.case_symptoms as s
        join ops.detections as d using (detection_id)
        where s.case_id = c.case_id and d.cleared_at is null)
