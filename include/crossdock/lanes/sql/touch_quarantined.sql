-- Orders whose records were set aside, or let go, since the pass began.
insert into pg_temp.touched_threads
select distinct q.thread_id
from canonical.quarantined_records as q
join ops.quarantine as r using (quarantine_id)
join pg_temp.claimed as c using (record_id)
on conflict do nothing
