-- Where exceptions come from: a closed list of causes, and which of them the evidence of each detection names.

create table ref.causes (
    cause_code text primary key,
    place integer not null unique,
    title text not null,
    acts text not null,
    sentence text not null
);
comment on table ref.causes is 'What an exception can come from, as its evidence says; who can end it.';
insert into ref.causes (place, cause_code, title, acts, sentence) values
    (10, 'endpoint_down', 'Endpoint down', 'integration, partner', 'A partner''s system does not answer, or our circuit to it is open.'),
    (20, 'throttled', 'Endpoint throttled', 'integration, partner', 'A partner''s system asks us to call less often.'),
    (30, 'own_backlog', 'Our own backlog', 'integration', 'What reached us, or what we owe, waits longer than its objective allows.'),
    (40, 'read_failed', 'Feed cannot be read', 'integration', 'The system answers, and reading it fails all the same.'),
    (50, 'not_read', 'Feed not read', 'integration', 'Nobody reads the feed: its schedule or its process stands still.'),
    (60, 'records_missing', 'Records missing', 'integration, partner', 'The source counts more records than have reached us.'),
    (70, 'unmapped_item', 'Unmapped item (SKU)', 'integration', 'A partner''s item number has no row in the code map.'),
    (80, 'unmapped_code', 'Unmapped code', 'integration', 'A partner''s status, unit, place or carrier has no row in the code map.'),
    (90, 'broken_contract', 'Record breaks its contract', 'partner', 'A field is missing, or is not what was agreed.'),
    (100, 'order_incomplete', 'Order incomplete at its source', 'customer service', 'The order itself lacks lines or a field.'),
    (110, 'partner_rejected', 'Partner rejected our document', 'integration, partner', 'The partner has answered no.'),
    (120, 'partner_ack_missing', 'Partner does not acknowledge', 'partner', 'The partner''s mailbox was read, and its answer is not there.'),
    (130, 'erp_posting', 'ERP has not posted', 'order management', 'Another system has moved on; the ERP was read since and has not followed.'),
    (140, 'warehouse_silent', 'Warehouse silent', 'warehouse', 'The warehouse was read past the time, and has told of no picking, packing or hand-over.'),
    (150, 'carrier_silent', 'Carrier silent', 'logistics', 'The carrier was read past the time, and has told of no scan.'),
    (160, 'other_system_behind', 'Another system is behind', 'integration', 'A shop or another system has not followed what is known elsewhere.'),
    (170, 'stock_short', 'Stock short', 'warehouse, purchasing', 'Less was there than was ordered or to be picked.'),
    (180, 'held', 'Order held', 'finance, compliance', 'A credit or compliance hold is open.'),
    (190, 'price_differs', 'Price differs', 'finance', 'What was charged is not what was ordered at.'),
    (200, 'warehouse_late', 'Warehouse late', 'warehouse', 'The goods were handed over after their time.'),
    (210, 'carrier_late', 'Carrier late', 'logistics', 'The carrier expects to deliver, or has delivered, after the promise.'),
    (220, 'called_off_late', 'Called off too late', 'customer service', 'The order was cancelled when its goods had left.'),
    (230, 'times_contradict', 'Times contradict one another', 'integration, partner', 'A source dates a milestone before one that must precede it.'),
    (999, 'not_known', 'Evidence names no cause', 'owner of the case', 'The evidence says what is wrong, and not why.');

create table ref.exception_causes (
    exception_code text primary key references ref.exception_catalogue,
    cause_code text not null references ref.causes
);
comment on table ref.exception_causes is
    'Exceptions that name their cause by being what they are; of one that has no row the evidence must say it.';
insert into ref.exception_causes (exception_code, cause_code) values
    ('order_incomplete', 'order_incomplete'),
    ('edi_ack_rejected', 'partner_rejected'),
    ('edi_ack_overdue', 'partner_ack_missing'),
    ('shipment_status_mismatch', 'other_system_behind'),
    ('carrier_handover_late', 'warehouse_late'),
    ('inventory_short_pick', 'stock_short'),
    ('inventory_shortfall', 'stock_short'),
    ('credit_hold', 'held'),
    ('compliance_hold', 'held'),
    ('price_mismatch', 'price_differs'),
    ('carrier_cannot_meet_promise', 'carrier_late'),
    ('cancelled_after_shipping', 'called_off_late'),
    ('status_out_of_sequence', 'times_contradict');

-- What each detection's own evidence names; nothing is guessed from other orders.
-- Whoever is called silent was read past the time by which it should have spoken: the views ask feed_horizons for it.
create view ops.detection_causes as
with named as (
    select
        d.*,
        d.evidence #> '{set_aside,0}' as set_aside,
        (
            select min(p.role_code) from ref.partners as p where p.partner_id = d.evidence #>> '{disagreements,0,not_by}'
        ) as role_behind,
        d.evidence ->> 'handed_over_at' is null as is_not_handed_over
    from ops.detections as d
),

judged as (
    select
        n.*,
        case
            when n.exception_code = 'partner_unavailable' and n.subject_id like 'feed/%' then 'records_missing'
            when n.exception_code = 'partner_unavailable'
                and (n.evidence ->> 'circuit' <> 'closed' or n.evidence ->> 'failing_since_at' is not null)
                then 'endpoint_down'
            when n.exception_code = 'partner_unavailable' then 'throttled'
            when n.set_aside ->> 'rule' = 'mapped'
                and n.set_aside ->> 'field' in ('sku', 'partner_sku', 'material', 'epc_class', 'inventory_item')
                then 'unmapped_item'
            when n.set_aside ->> 'rule' = 'mapped' then 'unmapped_code'
            when n.set_aside is not null then 'broken_contract'
            when n.exception_code = 'shipment_status_mismatch' and n.role_behind = 'erp' then 'erp_posting'
            when n.exception_code = 'shipment_status_mismatch' and n.role_behind = 'warehouse' then 'warehouse_silent'
            when n.exception_code = 'shipment_status_mismatch' and n.role_behind = 'carrier' then 'carrier_silent'
            when n.exception_code = 'milestone_stale'
                then case n.evidence ->> 'leg' when 'in_transit' then 'carrier_silent' else 'warehouse_silent' end
            when n.exception_code = 'carrier_handover_late' and n.is_not_handed_over then 'warehouse_silent'
            else coalesce(x.cause_code, 'not_known')
        end as cause_code
    from named as n
    left join ref.exception_causes as x on x.exception_code = n.exception_code
)

select
    j.detection_id,
    j.exception_code,
    j.order_id,
    j.cause_code,
    case
        when j.exception_code = 'partner_unavailable' then j.subject_id
        when j.set_aside is not null
            then concat_ws(' ', coalesce(j.partner_id || '/', '') || (j.set_aside ->> 'feed'), j.set_aside ->> 'field')
        when j.cause_code in ('warehouse_silent', 'warehouse_late', 'stock_short') then j.warehouse_code
        when j.cause_code in ('carrier_silent', 'carrier_late') then j.carrier_code
        when j.exception_code = 'shipment_status_mismatch' then j.evidence #>> '{disagreements,0,not_by}'
        else j.partner_id
    end as origin,
    j.since_at,
    j.detected_at,
    j.detected_as_of,
    j.cleared_at,
    j.cleared_as_of
from judged as j;
comment on view ops.detection_causes is 'One row a detection: the cause that its own evidence names, and where it comes from.';

-- A case has the cause of the newest detection that leads it. `offset 0`: it is looked up a case at a time, so that it
-- costs by the cases that live and not by what was ever detected, whatever the planner thinks.
create view ops.living_case_causes as
select
    c.case_id, c.lead_code, c.order_id, c.owner_queue, c.severity, c.since_at,
    coalesce(d.cause_code, 'not_known') as cause_code,
    d.origin
from ops.cases as c
left join lateral (
    select max(d.detection_id) as detection_id
    from (select s.detection_id from ops.case_symptoms as s where s.case_id = c.case_id offset 0) as s
    join ops.detections as d on d.detection_id = s.detection_id and d.exception_code = c.lead_code
) as leads on true
left join lateral (
    select d.cause_code, d.origin from ops.detection_causes as d where d.detection_id = leads.detection_id offset 0
) as d on true
where c.close_reason is null;
comment on view ops.living_case_causes is 'One row a living case: the cause of the newest detection that leads it.';

-- What holds the platform up now, whether it has led to an exception yet or not.
create view ops.obstacles as
with waiting_orders as (
    select p.partner_id, count(distinct d.thread_id) as orders_count
    from ops.due_times as d
    join ref.partners as p on p.role_code = any(d.waits_for) and p.is_active
    where d.due_at <= ref.as_of() and exists (
        select from ref.feeds as f
        left join raw.cursors as c using (feed_id)
        where f.partner_id = p.partner_id and f.is_active and f.mode <> 'push'
            and coalesce(c.derived_through_at, '-infinity') < d.due_at
    )
    group by p.partner_id
),

interrupted as (
    select s.cause as cause_code, s.source as origin, max(s.waiting_count) as things_count,
        max(w.orders_count) as orders_count, min(s.interrupted_at) as since_at
    from ops.recovery_status as s
    left join waiting_orders as w on w.partner_id = s.partner_id and s.feed_id is not null
    where s.is_interrupted
    group by s.cause, s.source
),

set_aside as (
    select
        case
            when q.rule = 'mapped' and q.field in ('sku', 'partner_sku', 'material', 'epc_class', 'inventory_item')
                then 'unmapped_item'
            when q.rule = 'mapped' then 'unmapped_code'
            else 'broken_contract'
        end as cause_code,
        concat_ws(' ', f.partner_id || '/' || f.feed, q.field) as origin,
        count(*) as things_count,
        count(distinct q.order_ref) as orders_count,
        min(q.quarantined_at) as since_at
    from ops.quarantine as q
    join ref.feeds as f using (feed_id)
    where q.state = 'open'
    group by 1, 2
),

unsent as (
    select case when a.error_class = 'Throttled' then 'throttled' else 'endpoint_down' end as cause_code,
        'commands to ' || a.partner_id as origin, count(*) as things_count,
        count(distinct a.order_id) as orders_count, min(coalesce(a.sent_at, a.proposed_at)) as since_at
    from ops.actions as a
    where a.state in ('approved', 'compensating') and a.error_class in ('Throttled', 'CircuitOpen', 'PartnerDown')
    group by 1, 2
)

select cause_code, origin, things_count, coalesce(orders_count, 0) as orders_count, since_at from interrupted
union all select * from set_aside
union all select * from unsent;
comment on view ops.obstacles is
    'Interruptions, open quarantine and commands that cannot go out: how many things and orders wait, since when (wall clock).';

grant select, insert, update, delete on ref.exception_causes to crossdock_app;
grant select on ref.causes, ref.exception_causes, ops.detection_causes, ops.living_case_causes, ops.obstacles to crossdock_app, crossdock_dbt, auditor;
