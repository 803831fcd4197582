-- Cases, decisions, approvals, actions: what we do about what we found, and who said so.

create table ref.transitions (
    machine text not null check (machine in ('case', 'action', 'approval')),
    from_state text not null,
    event text not null,
    to_state text not null,
    moved_by text not null check (moved_by in ('system', 'person', 'either')),
    sentence text not null,
    primary key (machine, from_state, event)
);
comment on table ref.transitions is
    'The one table of states: it guards ops.cases, ops.actions and ops.approvals and renders the diagrams. '''' is the beginning.';

insert into ref.transitions (machine, from_state, event, to_state, moved_by, sentence) values
    ('case', '', 'open', 'open', 'system', 'An exception was found that no open case explains.'),
    ('case', 'open', 'triage', 'triaged', 'system', 'A policy chose what to do, or that a person must.'),
    ('case', 'open', 'vanish', 'closed', 'system', 'The exception went away before anything was done.'),
    ('case', 'open', 'dismiss', 'dismissed', 'person', 'A person says that nothing need be done, and why.'),
    ('case', 'triaged', 'ask', 'awaiting_approval', 'system', 'The policy wants a person to agree first.'),
    ('case', 'triaged', 'act', 'acting', 'system', 'The policy allows the repair by itself.'),
    ('case', 'triaged', 'change', 'open', 'system', 'A cause was found, or went away: what to do is decided anew.'),
    ('case', 'triaged', 'vanish', 'closed', 'system', 'The exception went away before anything was done.'),
    ('case', 'triaged', 'dismiss', 'dismissed', 'person', 'A person says that nothing need be done, and why.'),
    ('case', 'awaiting_approval', 'approve', 'acting', 'person', 'Somebody who may, and who did not propose it, agreed.'),
    ('case', 'awaiting_approval', 'reject', 'triaged', 'person', 'Somebody who may said no.'),
    ('case', 'awaiting_approval', 'expire', 'triaged', 'system', 'Nobody answered in time.'),
    ('case', 'awaiting_approval', 'withdraw', 'triaged', 'system', 'The exception changed or went away: the question is moot.'),
    ('case', 'awaiting_approval', 'dismiss', 'dismissed', 'person', 'A person says that nothing need be done, and why.'),
    ('case', 'acting', 'verify', 'verifying', 'system', 'Every system has taken its command; now they are read again.'),
    ('case', 'acting', 'fail', 'reopened', 'system', 'A step failed; the steps before it were taken back.'),
    ('case', 'verifying', 'resolve', 'resolved', 'system', 'Every system involved was read again and agrees.'),
    ('case', 'verifying', 'disagree', 'reopened', 'system', 'A system still disagrees with the target state.'),
    ('case', 'resolved', 'close', 'closed', 'system', 'The repair held.'),
    ('case', 'resolved', 'return', 'reopened', 'system', 'The exception came back, or a system changed its mind.'),
    ('case', 'reopened', 'triage', 'triaged', 'system', 'A new attempt was chosen, or a person must take over.'),
    ('case', 'reopened', 'vanish', 'closed', 'system', 'The exception went away before anything more was done.'),
    ('case', 'reopened', 'dismiss', 'dismissed', 'person', 'A person says that nothing need be done, and why.'),
    ('case', 'dismissed', 'reopen', 'reopened', 'person', 'A person wants it looked at after all.'),
    ('action', '', 'propose', 'proposed', 'system', 'Written down before anything is sent.'),
    ('action', 'proposed', 'approve', 'approved', 'either', 'The policy or a person allows it.'),
    ('action', 'proposed', 'cancel', 'cancelled', 'either', 'It will not be done.'),
    ('action', 'approved', 'send', 'sent', 'system', 'Committed before the call: from here on the outcome may be unknown.'),
    ('action', 'approved', 'cancel', 'cancelled', 'either', 'It will not be done.'),
    ('action', 'sent', 'acknowledge', 'acknowledged', 'system', 'The system took it, or was found to have it when read.'),
    ('action', 'sent', 'retry', 'approved', 'system', 'A flake, or reading showed that nothing had come of it.'),
    ('action', 'sent', 'refuse', 'failed', 'system', 'A business no: sending it again changes nothing.'),
    ('action', 'sent', 'give_up', 'dead', 'system', 'Tried as often as allowed.'),
    ('action', 'acknowledged', 'verify', 'verified', 'system', 'The system was read again and shows the target state.'),
    ('action', 'acknowledged', 'disagree', 'failed', 'system', 'The system was read again and does not show the target state.'),
    ('action', 'acknowledged', 'compensate', 'compensating', 'system', 'A later step failed: this one is taken back.'),
    ('action', 'verified', 'compensate', 'compensating', 'system', 'A later step failed: this one is taken back.'),
    ('action', 'failed', 'compensate', 'compensating', 'system', 'It may have been done in part: it is taken back.'),
    ('action', 'compensating', 'undone', 'compensated', 'system', 'It was taken back.'),
    ('action', 'compensating', 'give_up', 'dead', 'system', 'It could not be taken back: a person must.'),
    ('approval', '', 'ask', 'waiting', 'system', 'A person is asked.'),
    ('approval', 'waiting', 'approve', 'approved', 'person', 'Somebody who may, and who did not propose it, agreed.'),
    ('approval', 'waiting', 'reject', 'rejected', 'person', 'Somebody who may said no.'),
    ('approval', 'waiting', 'expire', 'expired', 'system', 'Nobody answered in time.'),
    ('approval', 'waiting', 'withdraw', 'withdrawn', 'system', 'The question is moot.');

create table ref.queues (
    queue text primary key,
    title text not null,
    airflow_role text not null
);
comment on table ref.queues is 'Who owns the next action; people of the Airflow role work the queue.';
insert into ref.queues (queue, title, airflow_role) values
    ('warehouse', 'Warehouse', 'Warehouse'),
    ('logistics', 'Logistics', 'Logistics'),
    ('finance', 'Finance', 'Finance'),
    ('compliance', 'Compliance', 'Finance'),
    ('customer_service', 'Customer service', 'CustomerService'),
    ('integration', 'Integration', 'Op');
alter table ref.exception_catalogue add foreign key (owner_queue) references ref.queues;

create table ref.symptom_of (
    symptom_code text not null references ref.exception_catalogue,
    cause_code text not null references ref.exception_catalogue,
    primary key (symptom_code, cause_code),
    check (symptom_code <> cause_code)
);
comment on table ref.symptom_of is 'On one order, the first is explained by the second: one fault, one case.';

create table ref.service_levels (
    severity text primary key check (severity in ('critical', 'high', 'medium', 'low')),
    resolve_within interval not null
);
insert into ref.service_levels values
    ('critical', '4 hours'), ('high', '8 hours'), ('medium', '24 hours'), ('low', '72 hours');

create table ref.priority_tiers (
    customer_tier text primary key
);
comment on table ref.priority_tiers is 'Customers of these tiers get a case one severity higher, as regulated orders do.';
insert into ref.priority_tiers values ('strategic'), ('platinum');

create table ops.cases (
    case_id bigint generated always as identity primary key,
    lead_code text not null references ref.exception_catalogue,
    subject_id text not null,
    thread_id text not null,
    order_id text,
    partner_id text,
    warehouse_code text,
    carrier_code text,
    title text not null,
    state text not null default 'open',
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    owner_queue text not null references ref.queues,
    assignee text,
    attempt integer not null default 0,
    playbook text,
    next_action text not null,
    next_actor text not null,
    next_at timestamptz,
    since_at timestamptz not null,
    sla_due_at timestamptz not null,
    opened_at timestamptz not null default clock_timestamp(),
    opened_as_of timestamptz not null,
    acted_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    close_reason text check (close_reason in ('resolved', 'vanished', 'dismissed')),
    updated_at timestamptz not null default clock_timestamp(),
    check ((state in ('closed', 'dismissed')) = (close_reason is not null))
);
create unique index cases_living on ops.cases (lead_code, subject_id) where close_reason is null;
create index cases_by_thread on ops.cases (thread_id);
create index cases_by_state on ops.cases (state, next_at) where close_reason is null;
create index cases_by_order on ops.cases (order_id);
comment on column ops.cases.sla_due_at is 'Business time.';
comment on column ops.cases.next_at is 'Business time at which the next action is due; null: at once.';
comment on column ops.cases.next_actor is 'crossdock, or the queue whose people act next.';

create table ops.case_symptoms (
    detection_id bigint primary key references ops.detections,
    case_id bigint not null references ops.cases,
    evidence_mark text not null,
    is_cleared boolean not null default false,
    joined_at timestamptz not null default clock_timestamp()
);
create index case_symptoms_by_case on ops.case_symptoms (case_id);
comment on column ops.case_symptoms.evidence_mark is 'md5 of the evidence that the history last took note of.';
comment on column ops.case_symptoms.is_cleared is 'Whether the history has taken note that the detection cleared.';

create table ops.pending_detections (
    pending_id bigint generated always as identity primary key,
    detection_id bigint not null references ops.detections,
    queued_at timestamptz not null default clock_timestamp()
);
comment on table ops.pending_detections is 'Detections that opened, changed or cleared and no case has taken note of yet.';

create function ops.queue_detection() returns trigger language plpgsql as $$
begin
    insert into ops.pending_detections (detection_id) values (new.detection_id);
    return null;
end $$;
create trigger queue_for_cases after insert or update of cleared_at, thread_id, evidence on ops.detections
    for each row execute function ops.queue_detection();

create function ops.evidence_quantity(evidence jsonb, key text) returns text language sql immutable parallel safe
return regexp_replace(regexp_replace(evidence ->> key, '(\.[0-9]*[1-9])0+$', '\1'), '\.0+$', '');
comment on function ops.evidence_quantity is 'A quantity as people write it: 5.0000 is 5. Never fails, whatever is there.';

create function ops.evidence_moment(evidence jsonb, key text) returns text language sql immutable parallel safe
return left(replace(evidence ->> key, 'T', ' '), 16);
comment on function ops.evidence_moment is 'A time as people write it: 2026-01-02 03:04. Never fails, whatever is there.';

create table ops.case_events (
    event_id bigint generated always as identity primary key,
    case_id bigint not null references ops.cases,
    event text not null,
    from_state text,
    to_state text,
    actor text not null,
    actor_kind text not null check (actor_kind in ('system', 'person')),
    reason text,
    data jsonb not null default '{}',
    happened_at timestamptz not null default clock_timestamp(),
    as_of timestamptz not null
);
create index case_events_by_case on ops.case_events (case_id, event_id);
comment on table ops.case_events is 'Append-only history of every case; nobody may update or delete.';

create table ops.audit_chain (
    position bigint primary key,
    event_id bigint not null unique references ops.case_events,
    previous_hash bytea not null,
    hash bytea not null
);
comment on table ops.audit_chain is 'Every case event in order of commit, each sealed with the hash of the one before.';

create table ops.audit_heads (
    position bigint primary key,
    hash bytea not null,
    exported_to text not null,
    exported_at timestamptz not null default clock_timestamp()
);
comment on table ops.audit_heads is 'Heads of the chain that left the house: who rewrites the whole chain is found by them.';

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'CD005';
end $$;
comment on function ops.refuse_change() is 'For the owner too, until somebody takes the trigger away on purpose.';
create trigger append_only before update or delete or truncate on ops.case_events
    for each statement execute function ops.refuse_change();
create trigger append_only before update or delete or truncate on ops.audit_chain
    for each statement execute function ops.refuse_change();
create trigger append_only before update or delete or truncate on ops.audit_heads
    for each statement execute function ops.refuse_change();

create function ops.event_digest(previous bytea, e ops.case_events) returns bytea language sql immutable as $$
    select sha256(previous || convert_to(jsonb_build_array(
        e.event_id, e.case_id, e.event, e.from_state, e.to_state, e.actor, e.actor_kind, e.reason, e.data,
        to_char(e.happened_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
        to_char(e.as_of at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    )::text, 'UTF8'))
$$;

create function ops.seal_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    head ops.audit_chain;
begin
    perform pg_advisory_xact_lock(hashtextextended('ops.audit_chain', 0));
    select * into head from ops.audit_chain order by position desc limit 1;
    insert into ops.audit_chain (position, event_id, previous_hash, hash)
    values (
        coalesce(head.position, 0) + 1, new.event_id, coalesce(head.hash, ''::bytea),
        ops.event_digest(coalesce(head.hash, ''::bytea), new));
    return null;
end $$;
create constraint trigger seal after insert on ops.case_events
    deferrable initially deferred for each row execute function ops.seal_event();
comment on function ops.seal_event() is 'Runs at commit, so the chain is in order of commit and its lock is held for microseconds.';

create function ops.note_case(
    p_case bigint, p_event text, p_actor text, p_kind text, p_reason text default null, p_data jsonb default '{}'
) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    made bigint;
begin
    if exists (select from ref.transitions where machine = 'case' and event = p_event) then
        raise exception 'case %: to % is a move, not a note', p_case, p_event using errcode = 'CD001';
    end if;
    if not exists (select from ops.cases where case_id = p_case) then
        raise exception 'there is no case %', p_case using errcode = 'CD002';
    end if;
    insert into ops.case_events (case_id, event, actor, actor_kind, reason, data, as_of)
    values (p_case, p_event, p_actor, p_kind, p_reason, p_data, ref.as_of())
    returning event_id into made;
    return made;
end $$;
comment on function ops.note_case is 'An entry in a case''s history that moves nothing: a note, an assignment, a new symptom.';

create function ops.begin_case() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.state <> 'open' then
        raise exception 'a case begins as open, not as %', new.state using errcode = 'CD001';
    end if;
    insert into ops.case_events (case_id, event, from_state, to_state, actor, actor_kind, data, as_of)
    values (new.case_id, 'open', '', 'open', 'crossdock', 'system',
        jsonb_build_object('lead_code', new.lead_code, 'subject_id', new.subject_id), new.opened_as_of);
    return null;
end $$;
create trigger begin_case after insert on ops.cases for each row execute function ops.begin_case();

create function ops.move_case(
    p_case bigint, p_event text, p_actor text, p_kind text, p_reason text default null, p_data jsonb default '{}'
) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known ops.cases;
    step ref.transitions;
begin
    select * into known from ops.cases where case_id = p_case for update;
    if not found then
        raise exception 'there is no case %', p_case using errcode = 'CD002';
    end if;
    select * into step from ref.transitions
    where machine = 'case' and from_state = known.state and event = p_event;
    if not found then
        raise exception 'case % is %: it cannot %', p_case, known.state, p_event using errcode = 'CD001';
    end if;
    if step.moved_by <> 'either' and step.moved_by <> p_kind then
        raise exception 'case %: to % is for a %', p_case, p_event, step.moved_by using errcode = 'CD001';
    end if;
    if p_event = 'dismiss' and coalesce(trim(p_reason), '') = '' then
        raise exception 'case %: to dismiss needs a reason', p_case using errcode = 'CD003';
    end if;
    if known.close_reason is not null and exists (
        select from ops.cases as c
        where c.lead_code = known.lead_code and c.subject_id = known.subject_id and c.close_reason is null
    ) then
        raise exception 'case % cannot %: a newer case of the same exception is open', p_case, p_event
            using errcode = 'CD004';
    end if;
    update ops.cases set
        state = step.to_state,
        close_reason = case
            when step.to_state = 'dismissed' then 'dismissed'
            when step.to_state = 'closed' then case when p_event = 'vanish' then 'vanished' else 'resolved' end
        end,
        closed_at = case when step.to_state in ('closed', 'dismissed') then clock_timestamp() end,
        resolved_at = case when step.to_state = 'resolved' then clock_timestamp()
            when step.to_state = 'reopened' then null else known.resolved_at end,
        acted_at = case when step.to_state = 'acting' then clock_timestamp() else known.acted_at end,
        attempt = known.attempt + case when step.to_state = 'acting' then 1 else 0 end,
        next_action = case
            when step.to_state in ('closed', 'dismissed') then 'Nothing'
            when step.to_state in ('open', 'reopened') then 'Decide what to do'
            else known.next_action
        end,
        next_actor = case when step.to_state in ('open', 'reopened') then 'crossdock' else known.next_actor end,
        next_at = case when step.to_state in ('open', 'reopened', 'closed', 'dismissed') then null else known.next_at end,
        updated_at = clock_timestamp()
    where case_id = p_case;
    insert into ops.case_events (case_id, event, from_state, to_state, actor, actor_kind, reason, data, as_of)
    values (p_case, p_event, known.state, step.to_state, p_actor, p_kind, p_reason, p_data, ref.as_of());
    if p_event in ('withdraw', 'dismiss', 'vanish', 'change') then
        update ops.approvals set state = 'withdrawn' where case_id = p_case and state = 'waiting';
        update ops.actions set state = 'cancelled' where case_id = p_case and state = 'proposed';
    end if;
    if p_event in ('fail', 'reopen') then
        insert into ops.pending_detections (detection_id)
        select detection_id from ops.case_symptoms where case_id = p_case and is_cleared;
    end if;
    if p_event in ('disagree', 'return') then  -- another symptom may lead now that the repair did not do
        insert into ops.pending_detections (detection_id)
        select detection_id from ops.case_symptoms where case_id = p_case and not is_cleared;
    end if;
    return step.to_state;
end $$;
comment on function ops.move_case is
    'The only way to change a case''s state. CD001: not allowed from here or by them; CD002: no such case; CD003: no reason given; CD004: a newer case of the same.';

create table ops.policies (
    policy_id text not null,
    version integer not null,
    mode text not null check (mode in ('active', 'canary', 'shadow', 'retired')),
    content jsonb not null,
    content_hash text not null,
    loaded_at timestamptz not null default clock_timestamp(),
    loaded_by text not null,
    primary key (policy_id, version)
);
comment on table ops.policies is 'Every version of every policy that ever ran; decisions name theirs.';

create table ops.decisions (
    decision_id bigint generated always as identity primary key,
    case_id bigint not null references ops.cases,
    attempt integer not null,
    policy_id text not null,
    policy_version integer not null,
    mode text not null check (mode in ('active', 'canary', 'shadow')),
    playbook text not null,
    outcome text not null check (outcome in ('automatic', 'approval', 'person', 'wait')),
    chosen text,
    candidates jsonb not null,
    inputs jsonb not null,
    reason text not null,
    decided_at timestamptz not null default clock_timestamp(),
    decided_as_of timestamptz not null,
    foreign key (policy_id, policy_version) references ops.policies
);
create index decisions_by_case on ops.decisions (case_id, decision_id);
comment on column ops.decisions.candidates is
    'List of {name, plan, cost, score, excluded_by: [..]}; what was chosen, what was not, and what ruled it out.';

create table ops.approvals (
    approval_id bigint generated always as identity primary key,
    case_id bigint not null references ops.cases,
    decision_id bigint not null references ops.decisions,
    attempt integer not null,
    question text not null,
    proposed_by text not null,
    may_answer text[] not null,
    state text not null default 'waiting',
    asked_at timestamptz not null default clock_timestamp(),
    expires_as_of timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    front_end text check (front_end in ('airflow', 'desk', 'cli')),
    chosen text,
    reason text,
    check ((state in ('approved', 'rejected')) = (decided_by is not null)),
    check (decided_by is distinct from proposed_by or decided_by is null)
);
create unique index approvals_waiting on ops.approvals (case_id) where state = 'waiting';
comment on column ops.approvals.may_answer is 'Queues whose people may answer; administrators always may.';

create table ops.actions (
    action_id bigint generated always as identity primary key,
    case_id bigint not null references ops.cases,
    decision_id bigint references ops.decisions,
    attempt integer not null,
    step integer not null,
    command text not null,
    partner_id text not null references ref.partners,
    order_id text,
    payload jsonb not null,
    target jsonb not null default '[]',
    compensation jsonb,
    compensates bigint references ops.actions,
    idempotency_key text not null unique,
    correlation_id text not null,
    state text not null default 'proposed',
    tries integer not null default 0,
    next_try_at timestamptz,
    leased_until timestamptz,
    reply jsonb,
    error text,
    error_class text,
    proposed_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz,
    acknowledged_at timestamptz,
    verified_at timestamptz,
    unique (case_id, attempt, step, command)
);
create index actions_to_send on ops.actions (state, next_try_at)
    where state in ('approved', 'sent', 'compensating');
create index actions_by_case on ops.actions (case_id, action_id);
create index actions_by_order on ops.actions (order_id, action_id)
    where state in ('proposed', 'approved', 'sent', 'compensating');
comment on column ops.actions.target is
    'What must be true afterwards: [{partner_id, kind, id, expect: {JMESPath: value}}], read again by verify.';

create table ops.verifications (
    verification_id bigint generated always as identity primary key,
    case_id bigint not null references ops.cases,
    attempt integer not null,
    action_id bigint references ops.actions,
    partner_id text,
    kind text not null,
    object_id text not null,
    expected jsonb not null,
    seen jsonb,
    agrees boolean not null,
    read_at timestamptz not null default clock_timestamp(),
    read_as_of timestamptz not null
);
create index verifications_by_case on ops.verifications (case_id, verification_id);

create function ops.guard_state() returns trigger language plpgsql as $$
begin
    if old.state <> new.state and not exists (
        select from ref.transitions
        where machine = tg_argv[0] and from_state = old.state and to_state = new.state
    ) then
        raise exception '% % is %: it cannot become %', tg_argv[0], to_jsonb(new) ->> (tg_argv[0] || '_id'),
            old.state, new.state using errcode = 'CD001';
    end if;
    return new;
end $$;
create trigger guard_state before update of state on ops.cases
    for each row execute function ops.guard_state('case');
create trigger guard_state before update of state on ops.actions
    for each row execute function ops.guard_state('action');
create trigger guard_state before update of state on ops.approvals
    for each row execute function ops.guard_state('approval');

create function ops.begin_state() returns trigger language plpgsql as $$
begin
    if not exists (
        select from ref.transitions where machine = tg_argv[0] and from_state = '' and to_state = new.state
    ) then
        raise exception 'a new % cannot begin as %', tg_argv[0], new.state using errcode = 'CD001';
    end if;
    return new;
end $$;
create trigger begin_state before insert on ops.actions
    for each row execute function ops.begin_state('action');
create trigger begin_state before insert on ops.approvals
    for each row execute function ops.begin_state('approval');

create function ops.wake_remediation() returns trigger language plpgsql as $$
begin
    perform pg_notify('crossdock', tg_table_name);
    return null;
end $$;
create trigger wake after insert on ops.pending_detections
    for each statement execute function ops.wake_remediation();

grant select on ref.transitions to crossdock_app;
grant select, insert, update, delete on ref.queues, ref.symptom_of, ref.service_levels, ref.priority_tiers
    to crossdock_app;
grant select on ref.transitions, ref.queues, ref.symptom_of, ref.service_levels, ref.priority_tiers
    to crossdock_dbt, auditor;
grant select, insert, delete on ops.pending_detections to crossdock_app;
grant select, insert (
    lead_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, title, severity, owner_queue,
    assignee, playbook, next_action, next_actor, next_at, since_at, sla_due_at, opened_as_of
) on ops.cases to crossdock_app;
grant update (
    lead_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, title, severity, owner_queue,
    assignee, playbook, next_action, next_actor, next_at, since_at, sla_due_at, updated_at
) on ops.cases to crossdock_app;
grant select, insert, update on ops.case_symptoms, ops.decisions, ops.approvals, ops.actions to crossdock_app;
grant select, insert, update on ops.policies to crossdock_app;
grant select, insert on ops.verifications, ops.audit_heads to crossdock_app;
grant select on ops.case_events, ops.audit_chain to crossdock_app;
grant select on ops.cases, ops.case_symptoms, ops.pending_detections, ops.case_events, ops.audit_chain, ops.audit_heads,
    ops.policies, ops.decisions, ops.approvals, ops.actions, ops.verifications to crossdock_dbt, auditor;
grant usage on all sequences in schema ops to crossdock_app;
revoke execute on function ops.note_case, ops.move_case, ops.begin_case, ops.seal_event from public;
grant execute on function ops.note_case, ops.move_case to crossdock_app;

insert into ref.symptom_of (cause_code, symptom_code)
select cause, symptom from (
    values
        ('inventory_shortfall', '{inventory_short_pick,milestone_stale,carrier_handover_late,open_past_promise,delivered_late}'),
        ('inventory_short_pick', '{milestone_stale,carrier_handover_late,open_past_promise,delivered_late}'),
        ('credit_hold', '{milestone_stale,carrier_handover_late,open_past_promise,delivered_late}'),
        ('compliance_hold', '{milestone_stale,carrier_handover_late,open_past_promise,delivered_late}'),
        ('order_incomplete', '{price_mismatch,milestone_stale,open_past_promise,delivered_late}'),
        ('milestone_stale', '{carrier_handover_late,carrier_cannot_meet_promise,open_past_promise,delivered_late}'),
        ('carrier_handover_late', '{carrier_cannot_meet_promise,open_past_promise,delivered_late}'),
        ('carrier_cannot_meet_promise', '{open_past_promise,delivered_late}'),
        ('open_past_promise', '{delivered_late}'),
        ('edi_ack_rejected', '{edi_ack_overdue}')
) as listed (cause, symptoms)
cross join lateral unnest(symptoms::text[]) as symptom;
