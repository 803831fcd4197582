-- Threads with a deadline that has passed, if the systems it waits for have been read past it.
insert into pg_temp.touched_threads
select distinct thread_id
from (
    select d.thread_id
    from ops.due_times as d
    where d.due_at <= %(as_of)s
        and not exists (
            select from canonical.feed_horizons as h
            where h.role_code = any(d.waits_for) and coalesce(h.read_through_at, '-infinity') < d.due_at
        )
    order by d.due_at
    limit %(limit)s
) as ripe
on conflict do nothing
