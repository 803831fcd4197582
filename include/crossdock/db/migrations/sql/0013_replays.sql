-- Replays: what is stored is judged again and made anew; nothing that follows from it leaves the house by itself.

create table ops.replays (
    replay_id bigint generated always as identity primary key,
    requested_by text not null,
    filters jsonb not null,
    source text not null check (source in ('records', 'documents')),
    acts boolean not null,
    plan text,
    state text not null default 'running' check (state in ('running', 'done', 'stopped', 'interrupted')),
    state_reason text,
    records_count bigint not null,
    batches_count integer not null,
    batches_done_count integer not null default 0,
    counts jsonb not null default '{}',
    effects text,
    held_cases bigint[] not null default '{}',
    held_documents bigint[] not null default '{}',
    longest_hold_seconds double precision not null default 0,
    started_at timestamptz not null default clock_timestamp(),
    started_as_of timestamptz not null default ref.as_of(),
    finished_at timestamptz,
    released_by text,
    released_at timestamptz
);
comment on table ops.replays is 'Every replay that was carried out; a dry run leaves no row.';
comment on column ops.replays.plan is 'The plan that a dry run had printed, where the replay was bound to one.';
comment on column ops.replays.effects is 'Names what it did, as a dry run would have: equal to its plan where it had one.';
comment on column ops.replays.longest_hold_seconds is 'The longest time for which a batch of it held the lane.';
comment on column ops.replays.held_cases is 'Cases that nobody decides about, and alerts do not tell, until somebody lets them go.';

grant select, insert, update on ops.replays to crossdock_app;
grant select on ops.replays to crossdock_dbt, auditor;
grant usage on all sequences in schema ops to crossdock_app;

-- A transaction that says crossdock.holds_documents = 'on' writes what we owe, and lets nothing of it out.
alter table ops.outbound_documents drop constraint outbound_documents_state_check;
alter table ops.outbound_documents
    add constraint outbound_documents_state_check check (state in ('ready', 'held', 'sent', 'failed'));
alter table ops.outbound_documents alter column state set default
    case when current_setting('crossdock.holds_documents', true) = 'on' then 'held' else 'ready' end;
comment on column ops.outbound_documents.state is
    'ready: goes out next; held: written by a replay, waits for a person; sent; failed.';

alter table ops.lane_runs drop constraint lane_runs_lane_check;
alter table ops.lane_runs add constraint lane_runs_lane_check check (lane in ('fast', 'batch', 'due', 'replay'));
