-- Every object below the touched threads, also those that arrived long ago: a thread is always made from all of it.
insert into pg_temp.touched_objects
with recursive down (identifier) as (
    select thread_id from pg_temp.touched_threads
    union
    select l.child
    from down
    join canonical.identifier_links as l on l.parent = down.identifier
)

select distinct l.feed_id, l.native_id, f.feed_type
from down
join canonical.identifier_links as l on l.child = down.identifier
join ref.feeds as f using (feed_id)
on conflict do nothing
