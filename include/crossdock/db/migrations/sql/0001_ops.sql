-- ops: what the product itself decided, found, sent and owes.

create schema ops;

create table ops.quarantine (
    quarantine_id bigint generated always as identity primary key,
    feed_id integer not null references ref.feeds,
    record_id bigint references raw.records,
    document_id bigint references raw.documents,
    part text not null default '',
    rule text not null,
    field text,
    value text,
    reason text not null,
    native_id text,
    order_ref text,
    contract text,
    state text not null default 'open' check (state in ('open', 'released', 'replayed', 'superseded', 'discarded')),
    quarantined_at timestamptz not null default clock_timestamp(),
    resolved_at timestamptz,
    resolved_by text,
    resolution text,
    check (record_id is not null or document_id is not null)
);
create unique index quarantine_open on ops.quarantine (record_id, part, rule, field) nulls not distinct
    where state = 'open' and record_id is not null;
create unique index quarantine_open_document on ops.quarantine (document_id, part, rule, field) nulls not distinct
    where state = 'open' and record_id is null;
create index quarantine_unfit on ops.quarantine (record_id, part) where state in ('open', 'superseded', 'discarded');
create index quarantine_accepted on ops.quarantine (record_id, part) where state = 'released';
create index quarantine_by_cause on ops.quarantine (feed_id, rule, field, value) where state = 'open';
create index quarantine_by_object on ops.quarantine (feed_id, native_id);
comment on column ops.quarantine.part is 'Empty: the whole record is set aside. Else the part of it, as in lines/2: the rest flows on.';
comment on column ops.quarantine.order_ref is 'The order it belongs to in the partner''s own words, where the record says so.';

create table ops.detections (
    detection_id bigint generated always as identity primary key,
    exception_code text not null references ref.exception_catalogue,
    subject_id text not null,
    thread_id text not null,
    order_id text,
    partner_id text,
    warehouse_code text,
    carrier_code text,
    since_at timestamptz not null,
    due_at timestamptz not null,
    evidence jsonb not null,
    detected_at timestamptz not null default clock_timestamp(),
    detected_as_of timestamptz not null,
    detected_by text not null,
    cleared_at timestamptz,
    cleared_as_of timestamptz
);
create unique index detections_open on ops.detections (exception_code, subject_id) where cleared_at is null;
create index detections_by_thread on ops.detections (thread_id) where cleared_at is null;
create index detections_by_time on ops.detections (detected_at);
comment on column ops.detections.since_at is 'Business time from which the thing was wrong.';
comment on column ops.detections.due_at is 'Business time from which it counts as an exception: since_at plus the catalogue''s grace.';
comment on column ops.detections.detected_at is 'Wall clock.';

create table ops.due_times (
    thread_id text not null,
    exception_code text not null references ref.exception_catalogue,
    due_at timestamptz not null,
    waits_for text[] not null default '{}',
    primary key (thread_id, exception_code)
);
create index due_times_by_time on ops.due_times (due_at);

create table ops.touched_threads (
    thread_id text primary key
);
comment on table ops.touched_threads is 'Threads that a lane made anew since the last build of the batch lane.';

create table ops.lane_runs (
    lane_run_id bigint generated always as identity primary key,
    lane text not null check (lane in ('fast', 'batch', 'due')),
    records_count integer not null,
    threads_count integer not null,
    quarantined_count integer not null,
    detected_count integer not null,
    cleared_count integer not null,
    as_of timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz not null
);

create table ops.lane_drift (
    drift_id bigint generated always as identity primary key,
    model text not null,
    missing_count bigint not null,
    extra_count bigint not null,
    found_at timestamptz not null default clock_timestamp()
);
comment on table ops.lane_drift is 'Rows in which a full rebuild differed from what the lanes had made; it should stay empty.';

create table ops.control_totals (
    control_total_id bigint generated always as identity primary key,
    feed_id integer not null references ref.feeds,
    window_from timestamptz,
    window_to timestamptz,
    source_count bigint not null,
    landed_count bigint not null,
    passed_count bigint not null,
    quarantined_count bigint not null,
    canonical_count bigint,
    missing_ids text[] not null default '{}',
    counted_at timestamptz not null default clock_timestamp()
);
create index control_totals_by_feed on ops.control_totals (feed_id, counted_at);

create table ops.endpoints (
    endpoint text primary key,
    partner_id text,
    capacity double precision not null,
    refill_per_second double precision not null,
    tokens double precision not null,
    refilled_at timestamptz not null default clock_timestamp(),
    blocked_until timestamptz,
    circuit text not null default 'closed' check (circuit in ('closed', 'open', 'half_open')),
    failures_count integer not null default 0,
    opened_at timestamptz,
    throttled_count bigint not null default 0,
    last_throttled_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error text
);
comment on table ops.endpoints is 'The token bucket and the circuit breaker of each endpoint, shared by every worker.';

create table ops.outbound_documents (
    outbound_document_id bigint generated always as identity primary key,
    partner_id text not null references ref.partners,
    document_type text not null,
    in_reply_to_document_id bigint references raw.documents,
    order_ref text,
    interchange_control_number text not null,
    group_control_number text,
    set_control_number text,
    content bytea not null,
    idempotency_key text not null unique,
    state text not null default 'ready' check (state in ('ready', 'sent', 'failed')),
    ack_expected_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    created_as_of timestamptz not null,
    sent_at timestamptz,
    sent_as_of timestamptz,
    error text
);
create index outbound_ready on ops.outbound_documents (partner_id) where state = 'ready';
comment on table ops.outbound_documents is 'Every EDI document we owe a partner: written before it is sent.';
