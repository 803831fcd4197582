-- For the next build of the batch lane.
insert into ops.touched_threads select thread_id from pg_temp.touched_threads on conflict do nothing
