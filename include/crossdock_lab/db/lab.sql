-- The lab's own database: what each system serves, what it was told, and what is really wrong.
-- The product's roles may not connect here.

create schema if not exists lab;
create schema if not exists truth;

create table if not exists lab.clock (
    is_only boolean primary key default true check (is_only),
    started_at timestamptz not null,
    processed_through timestamptz not null,
    wall_at timestamptz not null default clock_timestamp(),
    speed double precision not null default 0 check (speed >= 0)
);
comment on table lab.clock is 'The world has been worked out to processed_through (lab time); wall_at is when it got there.';
comment on column lab.clock.speed is 'Lab seconds a wall second while it runs; 0: it is stepped by hand.';

create table if not exists lab.world (
    is_only boolean primary key default true check (is_only),
    config jsonb not null,
    begun_wall_at timestamptz not null default clock_timestamp()
);

create sequence if not exists lab.object_seq;
create table if not exists lab.objects (
    system text not null,
    kind text not null,
    object_id text not null,
    version integer not null default 1,
    body jsonb not null,
    overlay jsonb not null default '{}',
    order_id text,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    deleted boolean not null default false,
    seq bigint not null default nextval('lab.object_seq'),
    primary key (system, kind, object_id)
);
create index if not exists objects_by_change on lab.objects (system, kind, changed_at, seq);
create index if not exists objects_by_order on lab.objects (order_id);
comment on table lab.objects is 'The current state of every object, as its system publishes it; times are lab time.';
comment on column lab.objects.overlay is 'What was written from outside, merged over body; the world keeps it.';
comment on column lab.objects.order_id is 'The order it belongs to, for people; no system shows it.';

create table if not exists lab.pushes (
    push_id bigint generated always as identity primary key,
    system text not null,
    topic text not null,
    object_id text not null,
    body jsonb not null,
    due_at timestamptz not null,
    copies integer not null default 1,
    attempts integer not null default 0,
    status_code integer,
    sent_at timestamptz,
    given_up_at timestamptz
);
create index if not exists pushes_unsent on lab.pushes (due_at, push_id) where sent_at is null and given_up_at is null;
comment on column lab.pushes.copies is 'How often it is sent: a sender that retries after a lost answer sends the same event twice.';
comment on column lab.pushes.sent_at is 'Wall clock of the first 2xx.';

create table if not exists lab.files (
    file_id bigint generated always as identity primary key,
    partner text not null,
    path text not null,
    content bytea not null,
    due_at timestamptz not null,
    dropped_at timestamptz,
    unique (partner, path)
);
create index if not exists files_undropped on lab.files (due_at) where dropped_at is null;

create table if not exists lab.writes (
    write_id bigint generated always as identity primary key,
    system text not null,
    method text not null,
    path text not null,
    idempotency_key text,
    correlation_id text,
    body jsonb,
    content bytea,
    received_at timestamptz not null,
    received_wall_at timestamptz not null default clock_timestamp(),
    outcome text not null,
    answered_at timestamptz
);
create index if not exists writes_unanswered on lab.writes (system, write_id) where answered_at is null;
comment on column lab.writes.outcome is 'Status code and what came of it, as in 200 updated, 412 stale ETag, 200 repeated.';
comment on column lab.writes.answered_at is 'Lab time at which the world has taken note of it.';

create table if not exists lab.misbehaviours (
    misbehaviour_id bigint generated always as identity primary key,
    system text not null,
    behaviour text not null,
    params jsonb not null default '{}',
    from_at timestamptz not null,
    until_at timestamptz
);

create table if not exists lab.orders (
    number text primary key,
    order_id text not null unique,
    channel text not null,
    fault text,
    fault_at timestamptz,
    ordered_at timestamptz not null,
    ends_at timestamptz not null,
    ended boolean not null default false
);
create index if not exists orders_living on lab.orders (number) where not ended;
comment on column lab.orders.fault is 'The fault or look-alike of its plan: by seed, or caused by hand at fault_at.';

create table if not exists lab.stock (
    sku text not null,
    warehouse_code text not null,
    on_hand_qty integer not null,
    available_qty integer not null,
    primary key (sku, warehouse_code)
);

create table if not exists lab.stock_outs (
    sku text primary key,
    until_at timestamptz not null
);
comment on table lab.stock_outs is 'Nothing of the item lies in any warehouse until then; then a lorry comes to each.';

create table if not exists lab.acknowledgements (
    number text primary key,
    write_id bigint not null references lab.writes,
    due_at timestamptz,
    verdict text not null,
    control text not null default ''
);
comment on column lab.acknowledgements.control is 'Group and set control number of the 855 that it is about.';
comment on table lab.acknowledgements is 'What the EDI partner decided to answer to our first 855 of an order; due_at null: nothing, ever.';

create table if not exists truth.faults (
    fault_id text primary key,
    kind text not null,
    is_lookalike boolean not null,
    subject_id text not null,
    injected_at timestamptz not null,
    injected_wall_at timestamptz not null default clock_timestamp(),
    injected_by text not null check (injected_by in ('seed', 'hand', 'outside')),
    is_repaired boolean not null default false,
    note text not null
);
comment on table truth.faults is 'What was done to the world; a look-alike must not be found.';
comment on column truth.faults.is_repaired is 'Whether nothing of it is wrong any more.';

create table if not exists truth.expectations (
    expectation_id bigint generated always as identity primary key,
    fault_id text not null references truth.faults on delete cascade,
    exception_code text not null,
    subject_id text not null,
    via text not null check (via in ('push', 'poll', 'file', 'deadline')),
    from_at timestamptz not null,
    until_at timestamptz,
    is_required boolean not null default true,
    visible_wall_at timestamptz,
    gone_wall_at timestamptz,
    evidence text not null,
    check (until_at is null or until_at > from_at)
);
create index if not exists expectations_by_subject on truth.expectations (subject_id, exception_code);
comment on column truth.expectations.subject_id is 'The order''s identifier, or partner/<id>.';
comment on column truth.expectations.via is 'How it can be known first: pushed, polled, dropped as a file, or by a deadline that passes.';
comment on column truth.expectations.from_at is 'Lab time from which it is wrong for longer than the catalogue''s grace, and can be known.';
comment on column truth.expectations.is_required is 'False: true, but some honest product may not see it (it lasts shorter than a poll, or two codes overlap).';
comment on column truth.expectations.visible_wall_at is 'Wall clock when the world had passed from_at.';

create table if not exists lab.interventions (
    intervention_id bigint generated always as identity primary key,
    number text not null,
    kind text not null,
    params jsonb not null default '{}',
    at timestamptz not null,
    write_id bigint,
    effect text
);
create index if not exists interventions_by_order on lab.interventions (number, intervention_id);
comment on table lab.interventions is 'What was done from outside to an order''s course; the world draws its plan again with these applied.';
comment on column lab.interventions.effect is 'What came of it, as the world saw it; null until the world has taken note.';

create table if not exists truth.wrongs (
    wrong_id bigint generated always as identity primary key,
    number text not null,
    kind text not null check (kind in ('wrong_repair', 'duplicate_effect')),
    reason text not null,
    at timestamptz not null,
    write_id bigint
);
create index if not exists interventions_unnoted on lab.interventions (intervention_id) where effect is null;
comment on column truth.faults.injected_by is 'outside: what was written from outside made an order wrong that was well.';
comment on table truth.wrongs is 'Harm done from outside: a repair of what was well, goods or labels twice.';

alter table truth.faults add column if not exists repaired_at timestamptz;
alter table truth.faults add column if not exists repaired_by text check (repaired_by in ('world', 'outside'));
