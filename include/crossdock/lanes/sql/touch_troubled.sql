-- Partners whose endpoints are in trouble, or were when we last looked.
insert into pg_temp.touched_threads
select e.thread_id
from canonical.partner_endpoints as e
where e.circuit <> 'closed' or e.failing_since_at is not null or e.blocked_until > clock_timestamp()
union
select d.thread_id
from ops.detections as d
where d.cleared_at is null and d.thread_id like 'partner/%%'
on conflict do nothing
