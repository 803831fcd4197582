-- ref: what partners, codes, statuses and exceptions are called, and what time it is.

create extension if not exists btree_gist;
create schema ref;

create table ref.business_clock (
    is_only boolean primary key default true check (is_only),
    wall_at timestamptz not null,
    business_at timestamptz not null,
    speed double precision not null check (speed >= 0)
);
comment on table ref.business_clock is
    'Empty: business time is the wall clock. One row: business time was business_at at wall_at and runs speed times as fast.';

create function ref.as_of() returns timestamptz language plpgsql stable parallel safe as $$
declare
    chosen text := nullif(current_setting('crossdock.as_of', true), '');
    clock ref.business_clock;
begin
    if chosen is not null then
        return chosen::timestamptz;
    end if;
    select * into clock from ref.business_clock;
    if found then
        return clock.business_at + (clock_timestamp() - clock.wall_at) * clock.speed;
    end if;
    return clock_timestamp();
end $$;
comment on function ref.as_of() is 'The one business clock: the session''s setting crossdock.as_of first, then ref.business_clock, then the wall.';

create table ref.partners (
    partner_id text primary key check (partner_id ~ '^[a-z0-9][a-z0-9-]*$'),
    name text not null,
    system_type text not null,
    role_code text not null check (role_code in (
        'erp', 'shop', 'edi', 'warehouse', 'carrier', 'service_desk', 'marketplace', 'procurement', 'other')),
    time_zone text not null default 'UTC',
    criticality text not null default 'normal' check (criticality in ('critical', 'high', 'normal', 'low')),
    owner text not null,
    settings jsonb not null default '{}',
    is_active boolean not null default true,
    synced_at timestamptz not null default clock_timestamp()
);
comment on table ref.partners is 'A copy, for joins, of the partner folders; `crossdock partner sync` writes it.';

create table ref.feeds (
    feed_id integer generated always as identity primary key,
    partner_id text not null references ref.partners,
    feed text not null,
    feed_type text not null,
    contract text not null,
    mode text not null check (mode in ('poll', 'snapshot', 'push', 'file')),
    latency_class text not null default 'minutes' check (latency_class in ('seconds', 'minutes', 'hours', 'daily')),
    settings jsonb not null default '{}',
    is_active boolean not null default true,
    unique (partner_id, feed)
);
comment on column ref.feeds.feed_type is 'System type and feed, as in sap_s4.sales_orders: names the connector''s feed, the contract and the staging model.';
comment on column ref.feeds.contract is 'File under expectations/ without its ending, as in sap_s4/sales_orders.v1.';

create table ref.code_map (
    code_map_id bigint generated always as identity primary key,
    system_type text not null,
    partner_id text not null default '*',
    kind text not null,
    their_code text not null,
    our_code text not null,
    valid_from timestamptz not null default '-infinity',
    valid_to timestamptz not null default 'infinity',
    approved_by text not null,
    approved_at timestamptz not null default clock_timestamp(),
    note text,
    check (valid_from < valid_to),
    exclude using gist (
        system_type with =, partner_id with =, kind with =, their_code with =, tstzrange(valid_from, valid_to) with &&)
);
create index code_map_by_code on ref.code_map (kind, their_code, partner_id, system_type);
comment on table ref.code_map is
    'Their code to ours, effective-dated. partner_id ''*'' holds for every partner of the system type; a partner''s own row wins.';

create table ref.statuses (
    axis text not null check (axis in ('fulfillment', 'billing', 'hold', 'shipment', 'edi')),
    status_code text not null,
    rank integer,
    is_terminal boolean not null default false,
    description text not null,
    primary key (axis, status_code)
);

create table ref.system_of_record (
    attribute text primary key,
    role_code text not null,
    reason text not null
);
comment on table ref.system_of_record is 'Whose word counts for which attribute when systems disagree.';

create table ref.exception_catalogue (
    exception_code text primary key,
    title text not null,
    step text not null,
    subject_type text not null,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    owner_queue text not null,
    grace interval not null default '0',
    is_time_based boolean not null,
    default_playbook text not null,
    description text not null,
    parameters jsonb not null default '{}'
);
comment on table ref.exception_catalogue is 'One row per exception view; thresholds live here and nowhere else.';
