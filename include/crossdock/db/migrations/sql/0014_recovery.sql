-- Recovery objectives per type of fulfillment event, and the interruptions that are measured against them. Wall clock.

create table ref.fulfillment_event_types (
    event_type text primary key,
    place integer not null unique,
    title text not null,
    business_step text,
    scor_process text,
    feed_types text[] not null default '{}',
    own_work text check (own_work in ('outbound_documents', 'pending_detections', 'actions', 'verifications')),
    description text not null,
    check (feed_types <> '{}' or own_work is not null)
);
comment on table ref.fulfillment_event_types is 'The types of event of which each has recovery objectives of its own.';
comment on column ref.fulfillment_event_types.place is 'Order on the way from capture to repair.';
comment on column ref.fulfillment_event_types.business_step is 'CBV 2.0, where it has a word for it.';
comment on column ref.fulfillment_event_types.scor_process is 'SCOR process element, where one fits.';
comment on column ref.fulfillment_event_types.feed_types is 'Types of feed that bring it: `ref.feeds.feed_type`.';
comment on column ref.fulfillment_event_types.own_work is 'Work of ours that it waits for, where we make it ourselves.';

insert into ref.fulfillment_event_types (place, event_type, title, business_step, scor_process, feed_types, own_work, description)
values
    (10, 'order_captured', 'Order captured', null, 'sD1.2', '{shopify.orders,x12.interchanges,standard.orders,standard.order_lines}', null,
        'A channel has taken an order, changed it or called it off.'),
    (20, 'order_acknowledged', 'Order acknowledged (EDI)', null, 'sD1.2', '{x12.interchanges}', 'outbound_documents',
        'We answer a partner''s purchase order, and read the partner''s answers to us.'),
    (30, 'order_posted', 'Order posted in the ERP', null, 'sD1.3', '{sap_s4.sales_orders}', null,
        'The ERP has the sales order: quantities confirmed, promise, holds.'),
    (40, 'stock_changed', 'Stock changed', null, 'sD1.3', '{sap_s4.material_stock,shopify.inventory_levels}', null,
        'A stock level is other than it was.'),
    (50, 'delivery_released', 'Delivery released', 'reserving', 'sD1.4', '{sap_s4.deliveries}', null,
        'The ERP has told a warehouse to pick.'),
    (60, 'picked', 'Goods picked', 'picking', 'sD1.9', '{epcis.events,standard.milestones}', null,
        'Goods have left their shelf.'),
    (70, 'packed', 'Goods packed', 'packing', 'sD1.10', '{epcis.events,standard.milestones}', null,
        'Goods are in closed parcels.'),
    (80, 'shipped', 'Goods shipped', 'shipping', 'sD1.12', '{epcis.events,standard.milestones,shopify.fulfillments}', null,
        'Goods were handed to the carrier.'),
    (90, 'goods_issue_posted', 'Goods issue posted in the ERP', null, 'sD1.12', '{sap_s4.deliveries}', null,
        'The ERP''s stock has followed the goods.'),
    (100, 'tracking_milestone', 'Tracking milestone', 'transporting', 'sD1.12', '{easypost.trackers,standard.milestones}', null,
        'The carrier has said where a parcel is.'),
    (110, 'delivered', 'Delivered', 'receiving', 'sD1.13', '{easypost.trackers,standard.milestones}', null,
        'The customer has the goods.'),
    (120, 'invoiced', 'Invoice posted in the ERP', null, 'sD1.15', '{sap_s4.sales_orders,standard.charges}', null,
        'What was sent has been charged.'),
    (130, 'ticket_changed', 'Service ticket changed', null, null, '{zendesk.tickets}', null,
        'People of the service desk have answered or solved.'),
    (140, 'exception_opened', 'Exception opened as a case', null, null, '{}', 'pending_detections',
        'What was found stands before people.'),
    (150, 'repair_sent', 'Repair sent', null, null, '{}', 'actions',
        'A command that is allowed has gone out, and its outcome is known.'),
    (160, 'repair_verified', 'Repair verified', null, null, '{}', 'verifications',
        'The systems were read again after a repair.');

create table ref.recovery_objectives (
    recovery_objective_id bigint generated always as identity primary key,
    event_type text not null references ref.fulfillment_event_types,
    recover_within interval not null check (recover_within > interval '0'),
    data_age_limit interval not null check (data_age_limit > interval '0'),
    criticality text not null check (criticality in ('critical', 'high', 'normal', 'low')),
    valid_from timestamptz not null default '-infinity',
    valid_to timestamptz not null default 'infinity',
    approved_by text not null,
    approved_at timestamptz not null default clock_timestamp(),
    note text,
    check (valid_from < valid_to),
    constraint recovery_objectives_one_at_a_time exclude using gist (event_type with =, tstzrange(valid_from, valid_to) with &&)
);
comment on table ref.recovery_objectives is 'Effective-dated: `crossdock recovery set` ends a row and begins the next; nothing is overwritten.';
comment on column ref.recovery_objectives.recover_within is 'Recovery time: so soon after an interruption began it must be current again.';
comment on column ref.recovery_objectives.data_age_limit is 'Recovery point: so old may be what we know of it, by the last time its source was read to the end and taken through the lane.';

insert into ref.recovery_objectives (event_type, recover_within, data_age_limit, criticality, approved_by)
select event_type, recover_within::interval, data_age_limit::interval, criticality, 'crossdock'
from (
    values
        ('order_captured', '30 minutes', '10 minutes', 'critical'),
        ('order_acknowledged', '1 hour', '15 minutes', 'critical'),
        ('order_posted', '1 hour', '15 minutes', 'critical'),
        ('stock_changed', '2 hours', '40 minutes', 'high'),
        ('delivery_released', '1 hour', '15 minutes', 'critical'),
        ('picked', '1 hour', '15 minutes', 'high'),
        ('packed', '2 hours', '30 minutes', 'normal'),
        ('shipped', '1 hour', '15 minutes', 'critical'),
        ('goods_issue_posted', '2 hours', '30 minutes', 'high'),
        ('tracking_milestone', '4 hours', '1 hour', 'normal'),
        ('delivered', '4 hours', '1 hour', 'high'),
        ('invoiced', '8 hours', '2 hours', 'normal'),
        ('ticket_changed', '8 hours', '2 hours', 'low'),
        ('exception_opened', '30 minutes', '10 minutes', 'critical'),
        ('repair_sent', '1 hour', '15 minutes', 'high'),
        ('repair_verified', '4 hours', '1 hour', 'normal')
) as given (event_type, recover_within, data_age_limit, criticality);

alter table raw.cursors add column read_at timestamptz;
update raw.cursors set read_at = updated_at where read_through_at is not null;
comment on column raw.cursors.read_at is 'Wall clock at which the last run that read the source to its end began.';

create table ops.recoveries (
    recovery_id bigint generated always as identity primary key,
    event_type text not null references ref.fulfillment_event_types,
    source text not null,
    partner_id text references ref.partners,
    feed_id integer references ref.feeds,
    causes text[] not null check (causes <@ array['endpoint_down', 'throttled', 'own_backlog', 'read_failed', 'not_read']),
    criticality text not null,
    recover_within interval not null,
    data_age_limit interval not null,
    worst_age interval not null,
    is_age_missed boolean not null generated always as (worst_age > data_age_limit) stored,
    began_at timestamptz not null,
    noticed_at timestamptz not null,
    seen_at timestamptz not null,
    ended_at timestamptz,
    outcome text check (outcome in ('met', 'missed', 'withdrawn')),
    check ((ended_at is null) = (outcome is null))
);
create unique index recoveries_open on ops.recoveries (event_type, source) where ended_at is null;
create index recoveries_by_time on ops.recoveries (began_at);
comment on table ops.recoveries is
    'One row an interruption of a type of event at a source: written when it begins, closed when it is current again.';
comment on column ops.recoveries.source is 'partner/feed, or the work of ours.';
comment on column ops.recoveries.causes is 'As the evidence showed them, one look after the other.';
comment on column ops.recoveries.recover_within is 'The objectives as they were when it began.';
comment on column ops.recoveries.worst_age is 'The oldest that what we knew has been while it lasted.';
comment on column ops.recoveries.began_at is
    'When the endpoint last answered, or when the data became older than its objective: the earlier.';
comment on column ops.recoveries.seen_at is 'When it was looked at last.';
comment on column ops.recoveries.outcome is 'Of recover_within; withdrawn: the source or the objective was taken away.';

-- What reached us and waits for the lane, by feed. Proportional to what waits.
create view ops.waiting_by_feed as
select feed_id, min(since_at) as since_at, sum(records_count)::bigint as records_count
from (
    select d.feed_id, min(d.received_at) as since_at, count(*) as records_count
    from raw.pending_documents as w
    join raw.documents as d using (document_id)
    group by d.feed_id
    union all
    select r.feed_id, min(r.landed_at), count(*)
    from raw.pending_records as w
    join raw.records as r using (record_id)
    group by r.feed_id
) as waiting
group by feed_id;

-- The oldest work of ours that somebody outside, or the next step, waits for.
create view ops.own_work as
select 'outbound_documents' as own_work, partner_id, min(created_at) as since_at, count(*) as waiting_count
from ops.outbound_documents
where state = 'ready'
group by partner_id

union all
select 'pending_detections', null, min(queued_at), count(*)
from ops.pending_detections
having count(*) > 0

union all
select 'actions', a.partner_id, min(coalesce(a.sent_at, p.decided_at, a.proposed_at)), count(*)
from ops.actions as a
left join ops.approvals as p on p.decision_id = a.decision_id and p.state = 'approved'
where a.state in ('approved', 'sent', 'compensating')
group by a.partner_id

union all
select 'verifications', null, min(since_at), count(*)
from (
    -- next_at is business time: how long ago it passed is reckoned by the clock's speed.
    select greatest(
        c.updated_at,
        clock_timestamp() - (ref.as_of() - c.next_at) / nullif(coalesce((select speed from ref.business_clock), 1), 0)
    ) as since_at
    from ops.cases as c
    where c.close_reason is null and c.state = 'verifying' and coalesce(c.next_at, '-infinity') <= ref.as_of()
) as due
having count(*) > 0;
comment on view ops.own_work is 'What waits for us now, by the partner whose system must take it: the oldest, and how much.';

-- How current each type of event is, by source, and why it is not. Proportional to feeds and to what waits.
create function ops.recovery_at(at timestamptz) returns table (
    event_type text, title text, place integer, source text, partner_id text, feed_id integer, waiting_count bigint,
    data_point_at timestamptz, data_age interval, is_interrupted boolean, cause text, interrupted_at timestamptz,
    recover_within interval, data_age_limit interval, criticality text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
with

objectives as (
    select t.*, o.recover_within, o.data_age_limit, o.criticality
    from ref.fulfillment_event_types as t
    join ref.recovery_objectives as o using (event_type)
    where o.valid_from <= at and o.valid_to > at
),

endpoints as (
    select
        e.partner_id,
        bool_or(e.circuit <> 'closed') as is_down,
        min(coalesce(e.last_success_at, e.opened_at)) filter (where e.circuit <> 'closed') as down_since_at,
        max(e.blocked_until) as blocked_until,
        max(e.last_throttled_at) as throttled_at
    from ops.endpoints as e
    where e.partner_id is not null
    group by e.partner_id
),

feeds as (
    select
        f.feed_id, f.feed_type, f.partner_id, f.partner_id || '/' || f.feed as source, w.records_count as waiting_count,
        w.since_at as waiting_since_at,
        c.read_at,
        least(c.read_at, w.since_at) as data_point_at,
        coalesce(r.status = 'failed' and r.started_at > coalesce(c.read_at, '-infinity'), false) as is_failing
    from ref.feeds as f
    join ref.partners as p using (partner_id)
    left join raw.cursors as c using (feed_id)
    left join ops.waiting_by_feed as w using (feed_id)
    left join lateral (
        select r.status, r.started_at from raw.runs as r
        where r.feed_id = f.feed_id and r.status <> 'running'
        order by r.started_at desc
        limit 1
    ) as r on true
    where f.is_active and p.is_active
),

sources as (
    select o.event_type, f.source, f.partner_id, f.feed_id, f.waiting_count, f.waiting_since_at, f.read_at,
        f.data_point_at, f.is_failing, false as is_own
    from objectives as o
    join feeds as f on f.feed_type = any(o.feed_types)
    union all
    select o.event_type, concat_ws(' to ', o.own_work, w.partner_id), w.partner_id, null, w.waiting_count, w.since_at,
        null, w.since_at, false, true
    from objectives as o
    join ops.own_work as w using (own_work)
),

looked_at as (
    select
        s.*, o.title, o.place, o.recover_within, o.data_age_limit, o.criticality,
        coalesce(e.is_down, false) as is_down, e.down_since_at,
        coalesce(e.blocked_until > at or e.throttled_at > coalesce(s.read_at, s.waiting_since_at), false) as is_throttled,
        coalesce(at - s.data_point_at > o.data_age_limit, false) as is_too_old
    from sources as s
    join objectives as o using (event_type)
    left join endpoints as e using (partner_id)
)

select
    event_type, title, place, source, partner_id, feed_id, coalesce(waiting_count, 0), data_point_at, at - data_point_at,
    is_too_old or is_down and not is_own,
    case
        when not is_too_old and (is_own or not is_down) then null
        when is_down then 'endpoint_down'
        when is_throttled then 'throttled'
        when at - waiting_since_at > data_age_limit then 'own_backlog'
        when is_failing then 'read_failed'
        else 'not_read'
    end,
    case
        when is_too_old then least(data_point_at + data_age_limit, case when not is_own then down_since_at end)
        when is_down and not is_own then coalesce(down_since_at, at)
    end,
    recover_within, data_age_limit, criticality
from looked_at
$$;
comment on function ops.recovery_at is
    'One row a type of event and source: as of when it is known, and whether and since when it is interrupted. Its owner''s rights: a mart calls it as its reader.';

create view ops.recovery_status as
select s.*, r.recovery_id, r.began_at, r.causes, r.worst_age
from ops.recovery_at(clock_timestamp()) as s
left join ops.recoveries as r on r.event_type = s.event_type and r.source = s.source and r.ended_at is null;
comment on view ops.recovery_status is 'How current each type of event is now, with the interruption that is written down.';

grant select, insert, update on ref.fulfillment_event_types, ref.recovery_objectives, ops.recoveries to crossdock_app;
grant select on ops.waiting_by_feed, ops.own_work, ops.recovery_status to crossdock_app;
grant select on ref.fulfillment_event_types, ref.recovery_objectives, ops.recoveries, ops.waiting_by_feed, ops.own_work,
    ops.recovery_status to crossdock_dbt, auditor;
grant usage on all sequences in schema ref, ops to crossdock_app;
