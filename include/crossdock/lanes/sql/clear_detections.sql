-- What no view finds any more is over.
update ops.detections as d
set cleared_at = clock_timestamp(), cleared_as_of = %(as_of)s
from pg_temp.touched_threads as t
where t.thread_id = d.thread_id
    and d.cleared_at is null
    and not exists (
        select from pg_temp.due_now as n
        where n.exception_code = d.exception_code and n.subject_id = d.subject_id
    )
