-- Every object below the touched threads, also those that arrived long ago: a thread is always made from all of it.
-- Looked up step by step (offset 0 keeps Postgres from reading all links): a walk's length cannot be estimated.
-- The scratch tables are found by name: a session's own, or those of the search path.
insert into touched_objects
with recursive down (identifier) as (
    select thread_id from touched_threads
    union
    select l.child
    from down
    cross join lateral (select child from canonical.identifier_links where parent = down.identifier offset 0) as l
)

select distinct l.feed_id, l.native_id, f.feed_type
from down
cross join lateral (
    select feed_id, native_id from canonical.identifier_links where child = down.identifier offset 0
) as l
join ref.feeds as f using (feed_id)
on conflict do nothing
