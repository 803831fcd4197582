-- Alerts: whom we told, of what, why, how, and what became of it. Nothing here changes a case.

create table ops.alert_routes (
    routes_hash text primary key,
    version integer not null,
    content jsonb not null,
    loaded_at timestamptz not null default clock_timestamp()
);
comment on table ops.alert_routes is 'Every version of the routes that ever planned an alert; alerts name theirs. Holds no secret.';

create table ops.alert_positions (
    source text primary key,
    position bigint not null,
    moved_at timestamptz not null default clock_timestamp()
);
comment on table ops.alert_positions is
    'Up to where alerts were planned. case_events: the position in ops.audit_chain, which is in order of commit.';

create table ops.alert_deliveries (
    delivery_id bigint generated always as identity primary key,
    delivery_key text not null unique,
    route text not null,
    audience text not null,
    channel text not null,
    subject text not null,
    body text not null,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    state text not null default 'sending' check (state in ('sending', 'sent', 'failed')),
    tries integer not null default 0,
    next_try_at timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    service text,
    outcomes jsonb not null default '[]',
    chain_position bigint,
    chain_hash bytea,
    composed_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz
);
create index alert_deliveries_to_send on ops.alert_deliveries (next_try_at) where state = 'sending';
comment on table ops.alert_deliveries is
    'One message to one channel, committed before the first try; a digest carries many alerts in one.';
comment on column ops.alert_deliveries.channel is 'The id of a connection; its URL and its secrets are never kept here.';
comment on column ops.alert_deliveries.outcomes is 'One entry a try: {at, outcome, error_class}.';
comment on column ops.alert_deliveries.chain_position is 'Head of ops.audit_chain as the message states it; null where it states none.';

create table ops.alerts (
    alert_id bigint generated always as identity primary key,
    root_id bigint references ops.alerts,
    level integer not null default 0,
    routes_hash text not null references ops.alert_routes,
    route text not null,
    kind text not null check (kind in ('business', 'technical')),
    event text not null,
    cause text not null,
    title text not null,
    dedupe_key text not null,
    audience text not null,
    channel text not null,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    why text not null,
    state text not null default 'pending' check (state in ('pending', 'sent', 'suppressed', 'failed')),
    state_reason text,
    due_at timestamptz not null,
    delivery_id bigint references ops.alert_deliveries,
    planned_at timestamptz not null default clock_timestamp(),
    planned_as_of timestamptz not null,
    settled_at timestamptz,
    settled_as_of timestamptz,
    answered_by text,
    answered_at timestamptz,
    unique (route, dedupe_key),
    check ((level = 0) = (root_id is null))
);
create unique index alerts_gathering on ops.alerts (route, audience, event, cause)
    where state = 'pending' and delivery_id is null and level = 0;
create index alerts_due on ops.alerts (due_at) where state = 'pending';
create index alerts_by_cause on ops.alerts (route, audience, event, cause, due_at);
create index alerts_by_delivery on ops.alerts (delivery_id);
create index alerts_by_root on ops.alerts (root_id, level);
comment on column ops.alerts.cause is 'What makes one alert of many cases: the code and where it comes from, or the thing that fails.';
comment on column ops.alerts.due_at is 'Wall clock: not before the digest''s hour, the end of quiet hours, or the end of the window of the last alert of this cause.';
comment on column ops.alerts.root_id is 'The alert that this one escalates; its items are the root''s.';
comment on column ops.alerts.settled_as_of is 'Business time at which it was sent, suppressed or given up.';

create table ops.alert_items (
    route text not null,
    item_key text not null,
    alert_id bigint not null references ops.alerts,
    case_id bigint references ops.cases,
    order_id text,
    fact text,
    happened_at timestamptz not null,
    added_at timestamptz not null default clock_timestamp(),
    primary key (route, item_key)
);
create index alert_items_by_alert on ops.alert_items (alert_id);
create index alert_items_by_case on ops.alert_items (case_id);
comment on table ops.alert_items is 'What an alert is about, each thing once a route: an event of a case, a deadline, an endpoint that fails.';

grant select, insert on ops.alert_routes, ops.alert_items to crossdock_app;
grant select, insert, update on ops.alert_positions, ops.alert_deliveries, ops.alerts to crossdock_app;
grant select on ops.alert_routes, ops.alert_positions, ops.alert_deliveries, ops.alerts, ops.alert_items
    to crossdock_dbt, auditor;
grant usage on all sequences in schema ops to crossdock_app;

-- Cases of one cause are told in one alert: the same code from the same warehouse, carrier, partner or broken rule.
create view ops.case_causes as
with origins as (
    select
        c.case_id,
        c.lead_code,
        k.title,
        case
            when a.cause is not null then
                concat_ws(' ', coalesce(a.cause ->> 'feed', c.partner_id), a.cause ->> 'field', a.cause ->> 'rule')
            when k.step = 'warehouse' and c.warehouse_code is not null then 'warehouse ' || c.warehouse_code
            when k.step = 'transport' and c.carrier_code is not null then 'carrier ' || c.carrier_code
            when c.partner_id is not null then 'partner ' || c.partner_id
            else coalesce('warehouse ' || c.warehouse_code, 'carrier ' || c.carrier_code)
        end as origin,
        md5(a.cause ->> 'value') as value_hash
    from ops.cases as c
    join ref.exception_catalogue as k on k.exception_code = c.lead_code
    left join lateral (
        select d.evidence #> '{set_aside,0}' as cause
        from ops.case_symptoms as s
        join ops.detections as d using (detection_id)
        where s.case_id = c.case_id and d.exception_code = c.lead_code
        order by d.detection_id desc
        limit 1
    ) as a on true
)
select
    case_id,
    concat_ws('/', lead_code, origin, value_hash) as cause,
    concat_ws(', ', title, origin) as title
from origins;
comment on view ops.case_causes is 'What a case has in common with others of the same fault; the value that broke a rule only as a hash.';
grant select on ops.case_causes to crossdock_app, crossdock_dbt, auditor;
