-- The batch lane's keys, in the schema lane, where dbt's several connections can see them. The threads of a build that
-- failed are still there and are built again.
create unlogged table if not exists lane.touched_threads (thread_id text primary key);
create unlogged table if not exists lane.touched_objects (
    feed_id integer not null, native_id text not null, feed_type text not null, primary key (feed_id, native_id)
);
truncate lane.touched_objects;

with taken as (
    delete from ops.touched_threads returning thread_id
)

insert into lane.touched_threads select thread_id from taken on conflict do nothing;

insert into lane.touched_objects
with recursive down (identifier) as (
    select thread_id from lane.touched_threads
    union
    select l.child
    from down
    join canonical.identifier_links as l on l.parent = down.identifier
)

select distinct l.feed_id, l.native_id, f.feed_type
from down
join canonical.identifier_links as l on l.child = down.identifier
join ref.feeds as f using (feed_id);

analyze lane.touched_threads, lane.touched_objects;
