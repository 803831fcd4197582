-- Cases whose systems are to be read again: repairs not yet verified, also when a symptom has cleared since the last
-- look, and repairs that have held for as long as their policy asks.
select c.case_id, c.updated_at
from ops.cases as c
where (
        c.state = 'verifying'
        and (
            coalesce(c.next_at, '-infinity') <= ref.as_of()
            or exists (
                select from ops.case_symptoms as s
                join ops.detections as d using (detection_id)
                where s.case_id = c.case_id and d.cleared_at > c.updated_at
            )
        )
    )
    or (c.state = 'resolved' and coalesce(c.next_at, '-infinity') <= ref.as_of())
order by c.next_at nulls first, c.case_id
limit %(limit)s
