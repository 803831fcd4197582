-- Every identifier at or above the touched objects' own: whatever was, or is now, the root of their threads.
-- Asked before the links are renewed and again after, so that an object which changes its order touches both.
insert into pg_temp.touched_threads
with recursive up (identifier) as (
    select l.child
    from canonical.identifier_links as l
    join pg_temp.touched_objects as o using (feed_id, native_id)
    union
    select l.parent
    from up
    join canonical.identifier_links as l on l.child = up.identifier
    where l.parent is not null
)

select identifier from up
on conflict do nothing
