-- Everything known of one thread, as one time line. `happened_at` is business time, `known_at` the wall clock at which
-- we learnt or did it; where only the wall is known, business time is reckoned by the clock's speed.
with

moment as (
    select
        coalesce(max(wall_at), clock_timestamp()) as wall_at,
        coalesce(max(business_at), clock_timestamp()) as business_at,
        coalesce(max(speed), 1) as speed
    from ref.business_clock
),

identifiers as (
    select identifier from canonical.identifiers where thread_id = %(thread)s
),

cases as (
    select case_id, title from ops.cases where thread_id = %(thread)s
),

objects as (
    select distinct l.feed_id, l.native_id
    from canonical.identifier_links as l
    join identifiers as i on i.identifier = l.child
),

records as (
    select
        r.record_id, r.native_id, r.changed_at, r.landed_at, r.document_id, d.correlation_id, f.partner_id, f.feed,
        coalesce(r.changed_at, m.business_at + (r.landed_at - m.wall_at) * m.speed) as happened_at
    from objects as o
    join raw.records as r on r.feed_id = o.feed_id and r.native_id = o.native_id
    join ref.feeds as f on f.feed_id = r.feed_id
    left join raw.documents as d on d.document_id = r.document_id
    cross join moment as m
),

-- An action knows the wall only; the last move of its case before it knows both clocks.
actions as (
    select
        a.*,
        m.speed,
        coalesce(e.as_of, m.business_at) as anchor_as_of,
        coalesce(e.happened_at, m.wall_at) as anchor_at
    from ops.actions as a
    cross join moment as m
    left join lateral (
        select v.as_of, v.happened_at
        from ops.case_events as v
        where v.case_id = a.case_id and v.happened_at <= coalesce(a.sent_at, a.proposed_at)
        order by v.event_id desc
        limit 1
    ) as e on true
    where a.case_id in (select case_id from cases)
),

happened as (
    select
        o.ordered_at as happened_at, null::timestamptz as known_at, 'ordered' as kind, o.source_partner_id as actor,
        jsonb_build_object(
            'channel', o.channel_code, 'partner_order_ref', o.partner_order_ref, 'promised_at', o.promised_at) as data
    from canonical.orders as o
    where o.thread_id = %(thread)s and o.ordered_at is not null

    union all
    select
        happened_at, landed_at, 'record', partner_id,
        jsonb_build_object(
            'feed', feed, 'native_id', native_id, 'document_id', document_id, 'correlation_id', correlation_id)
    from records

    union all
    select
        valid_at, known_at, 'belief', believed_by,
        jsonb_build_object(
            'subject_id', subject_id, 'attribute', attribute_code, 'status', status_code, 'superseded_at', superseded_at,
            'role', role_code)
    from canonical.status_beliefs
    where thread_id = %(thread)s

    union all
    select
        occurred_at, known_at, 'shipment_event', reported_by,
        jsonb_build_object(
            'event', event_code, 'shipment_id', shipment_id, 'location', location_code, 'tracking_number', tracking_number)
    from canonical.shipment_events
    where thread_id = %(thread)s

    union all
    select
        occurred_at, known_at, 'edi_document', partner_id,
        jsonb_build_object(
            'document_id', edi_document_id, 'type', document_type, 'direction', direction,
            'envelope', envelope_verdict, 'syntax', syntax_verdict, 'business', business_verdict,
            'control_number', interchange_control_number)
    from canonical.edi_documents
    where thread_id = %(thread)s

    union all
    select
        coalesce(acknowledged_at, expected_at), null, 'edi_acknowledgement', partner_id,
        jsonb_build_object(
            'document_id', edi_document_id, 'type', ack_type, 'status', ack_status, 'expected_at', expected_at,
            'reason', reason)
    from canonical.edi_acknowledgements
    where thread_id = %(thread)s

    union all
    select opened_at, null, 'ticket', partner_id, jsonb_build_object('ticket_id', ticket_id, 'subject', subject, 'status', status_code)
    from canonical.service_tickets
    where thread_id = %(thread)s

    union all
    select opened_at, null, 'hold', stated_by, jsonb_build_object('kind', kind_code)
    from canonical.holds
    where thread_id = %(thread)s

    union all
    select released_at, null, 'hold_released', stated_by, jsonb_build_object('kind', kind_code)
    from canonical.holds
    where thread_id = %(thread)s and released_at is not null

    union all
    select
        m.business_at + (q.quarantined_at - m.wall_at) * m.speed, q.quarantined_at, 'set_aside', f.partner_id,
        jsonb_build_object('feed', f.feed, 'native_id', q.native_id, 'field', q.field, 'reason', q.reason, 'state', q.state)
    from objects as o
    join ops.quarantine as q on q.feed_id = o.feed_id and q.native_id = o.native_id
    join ref.feeds as f on f.feed_id = q.feed_id
    cross join moment as m

    union all
    select
        d.detected_as_of, d.detected_at, 'detection', 'crossdock',
        jsonb_build_object('code', d.exception_code, 'title', e.title, 'subject_id', d.subject_id, 'since_at', d.since_at)
    from ops.detections as d
    join ref.exception_catalogue as e using (exception_code)
    where d.detection_id in (select cs.detection_id from ops.case_symptoms as cs where cs.case_id in (select case_id from cases))
        or (d.thread_id = %(thread)s and d.cleared_at is null)

    union all
    select
        d.cleared_as_of, d.cleared_at, 'cleared', 'crossdock',
        jsonb_build_object('code', d.exception_code, 'title', e.title, 'subject_id', d.subject_id)
    from ops.detections as d
    join ref.exception_catalogue as e using (exception_code)
    where d.cleared_at is not null
        and d.detection_id in (select cs.detection_id from ops.case_symptoms as cs where cs.case_id in (select case_id from cases))

    union all
    select
        v.as_of, v.happened_at, 'case_event', v.actor,
        jsonb_build_object(
            'case_id', v.case_id, 'event', v.event, 'from', v.from_state, 'to', v.to_state, 'reason', v.reason,
            'actor_kind', v.actor_kind, 'title', c.title)
    from ops.case_events as v
    join cases as c using (case_id)

    union all
    select
        d.decided_as_of, d.decided_at, 'decision', 'crossdock',
        jsonb_build_object(
            'case_id', d.case_id, 'chosen', d.chosen, 'outcome', d.outcome, 'reason', d.reason, 'playbook', d.playbook,
            'policy', d.policy_id || ' v' || d.policy_version, 'mode', d.mode)
    from ops.decisions as d
    where d.case_id in (select case_id from cases)

    union all
    select
        anchor_as_of + (coalesce(sent_at, proposed_at) - anchor_at) * speed, coalesce(sent_at, proposed_at), 'action', 'crossdock',
        jsonb_build_object(
            'case_id', case_id, 'action_id', action_id, 'command', command, 'partner_id', partner_id, 'attempt', attempt,
            'step', step, 'state', state, 'tries', tries, 'error', error, 'is_sent', sent_at is not null,
            'compensates', compensates, 'correlation_id', correlation_id)
    from actions

    union all
    select
        v.read_as_of, v.read_at, 'verification', coalesce(v.partner_id, 'crossdock'),
        jsonb_build_object('case_id', v.case_id, 'kind', v.kind, 'object_id', v.object_id, 'agrees', v.agrees)
    from ops.verifications as v
    where v.case_id in (select case_id from cases)

    union all
    select
        a.planned_as_of, coalesce(a.settled_at, a.planned_at), 'alert', 'crossdock',
        jsonb_build_object(
            'case_id', min(i.case_id), 'title', a.title, 'audience', a.audience, 'channel', a.channel, 'state', a.state,
            'state_reason', a.state_reason)
    from ops.alerts as a
    join ops.alert_items as i using (alert_id)
    where i.case_id in (select case_id from cases)
    group by a.alert_id
)

select h.happened_at, h.known_at, h.kind, h.actor, coalesce(p.name, h.actor) as actor_name, h.data
from happened as h
left join ref.partners as p on p.partner_id = h.actor
order by h.happened_at nulls first, h.known_at nulls first, h.kind
limit %(limit)s
