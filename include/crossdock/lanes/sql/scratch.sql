-- The lane's own tables, once a session. They live in pg_temp and are emptied at the start of each pass.
create temp table if not exists claimed (
    record_id bigint primary key, feed_id integer not null, native_id text not null
);
create temp table if not exists touched_objects (
    feed_id integer not null, native_id text not null, feed_type text not null, primary key (feed_id, native_id)
);
create temp table if not exists read_through (feed_id integer primary key, read_through_at timestamptz);
create temp table if not exists touched_threads (thread_id text primary key);
create temp table if not exists found (
    exception_code text, subject_id text, thread_id text, order_id text, partner_id text, warehouse_code text,
    carrier_code text, since_at timestamptz, due_at timestamptz, waits_for text[], evidence jsonb
);
create temp table if not exists due_now (like pg_temp.found);
