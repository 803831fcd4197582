-- raw: every byte that came in, and the records read from it, exactly once.

create schema raw;

create table raw.documents (
    document_id bigint generated always as identity primary key,
    feed_id integer not null references ref.feeds,
    checksum bytea not null,
    content bytea,
    content_type text not null,
    content_bytes integer not null,
    source_ref text not null,
    correlation_id text not null,
    headers jsonb,
    run_id bigint,
    received_at timestamptz not null default clock_timestamp(),
    purged_at timestamptz,
    unique (feed_id, checksum)
);
-- Pages are written once and read rarely: storing them uncompressed costs disk, compressing them costs the hot path.
alter table raw.documents alter column content set storage external;
comment on table raw.documents is 'Every payload verbatim, before anything looked at it.';
comment on column raw.documents.content is 'The bytes as received; null once retention has removed them (purged_at).';
comment on column raw.documents.source_ref is 'URL, file name or webhook topic it came from; never holds a secret.';

create table raw.records (
    record_id bigint generated always as identity primary key,
    feed_id integer not null,
    native_id text not null,
    payload_hash bytea not null,
    repeat integer not null default 0,
    payload jsonb not null,
    document_id bigint not null,
    ordinal integer not null,
    changed_at timestamptz,
    landed_at timestamptz not null default clock_timestamp(),
    unique (feed_id, native_id, payload_hash, repeat)
);
-- No foreign keys here: each would cost a look-up for each record, and landing writes a document, its records and
-- their queue rows in one transaction. tests/integration/landing proves that none is ever orphaned.
comment on table raw.records is 'One row per version of an object of a feed, as the source gave it.';
comment on column raw.records.native_id is 'The key of the object in its source, unique within the feed.';
comment on column raw.records.repeat is '0, but for snapshot feeds, where a value that comes back is a new version: how often it came back.';
comment on column raw.records.changed_at is 'When the source says that this version came to be; null where it does not say.';

create table raw.cursors (
    feed_id integer primary key references ref.feeds,
    cursor jsonb not null default '{}',
    read_through_at timestamptz,
    updated_at timestamptz not null default clock_timestamp()
);
comment on column raw.cursors.read_through_at is
    'Business time up to which everything in the source has been read; absence before it means absence.';

create table raw.runs (
    run_id bigint generated always as identity primary key,
    feed_id integer not null references ref.feeds,
    status text not null default 'running' check (status in ('running', 'done', 'failed')),
    trigger text not null,
    window_from timestamptz,
    window_to timestamptz,
    cursor_before jsonb,
    cursor_after jsonb,
    documents_count integer not null default 0,
    records_read_count integer not null default 0,
    records_landed_count integer not null default 0,
    error_class text,
    error text,
    correlation_id text not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
create index runs_by_feed on raw.runs (feed_id, started_at);

-- The two queues. A row is work; whoever deletes it in a committed transaction has done it.
create table raw.pending_documents (
    document_id bigint primary key references raw.documents
);
create table raw.pending_records (
    record_id bigint primary key
);

create function raw.wake() returns trigger language plpgsql as $$
begin
    perform pg_notify('crossdock', tg_table_name);
    return null;
end $$;
create trigger wake after insert on raw.pending_documents for each statement execute function raw.wake();
create trigger wake after insert on raw.pending_records for each statement execute function raw.wake();
