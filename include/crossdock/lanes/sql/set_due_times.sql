-- Wake these threads again when their next deadline passes.
insert into ops.due_times (thread_id, exception_code, due_at, waits_for)
select distinct on (f.thread_id, f.exception_code) f.thread_id, f.exception_code, f.due_at, f.waits_for
from pg_temp.found as f
where not exists (
    select from pg_temp.due_now as n where n.exception_code = f.exception_code and n.subject_id = f.subject_id
)
order by f.thread_id, f.exception_code, f.due_at
