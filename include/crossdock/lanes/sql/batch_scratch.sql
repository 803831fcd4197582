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
