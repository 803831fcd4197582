-- Every identifier at or above the touched objects' own: whatever was, or is now, the root of their threads.
-- Asked before the links are renewed and again after, so that an object which changes its order touches both.
-- Looked up step by step, as in touch_family.
insert into pg_temp.touched_threads
with recursive up (identifier) as (
    select l.child
    from pg_temp.touched_objects as o
    cross join lateral (
        select child from canonical.identifier_links where feed_id = o.feed_id and native_id = o.native_id offset 0
    ) as l
    union
    select l.parent
    from up
    cross join lateral (
        select parent from canonical.identifier_links where child = up.identifier and parent is not null offset 0
    ) as l
)

select identifier from up
on conflict do nothing
