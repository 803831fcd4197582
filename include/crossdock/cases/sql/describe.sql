-- A title that operations people can read, severity and queue, for whatever may lead a case.
with open_work as (
    select w.detection_id, d.*
    from pg_temp.case_work as w
    join lateral (
        select
            d.exception_code as code, d.subject_id as subject, d.thread_id as thread, d.warehouse_code as warehouse,
            d.carrier_code as carrier, d.since_at as since, d.evidence as e
        from ops.detections as d
        where d.detection_id = w.detection_id
    ) as d on true
    where w.is_open
),

spoken as (
    select
        w.*,
        coalesce(o.erp_order_ref, o.partner_order_ref, o.order_id) as order_ref,
        'line ' || coalesce(l.line_number::text, w.e ->> 'sku', '?') as line,
        coalesce('delivery ' || (w.e ->> 'delivery_ref'), 'parcel ' || (w.e ->> 'tracking_number'), 'a shipment')
            as parcel,
        coalesce(' ' || (w.e ->> 'uom_code'), '') as unit,
        case when o.is_regulated or t.customer_tier is not null then 1 else 0 end as raised_by
    from open_work as w
    left join canonical.orders as o on o.thread_id = w.thread
    left join canonical.order_lines as l
        on l.thread_id = w.thread
        and l.order_line_id = case when w.code = 'inventory_shortfall' then w.subject else w.e ->> 'order_line_id' end
    left join ref.customer_tiers as t on t.customer_tier = o.customer_tier and t.raises_severity
),

-- Evidence is read as text and never cast: an odd value makes an odd title and holds nothing up.
phrased as (
    select
        s.*,
        case code
            when 'inventory_short_pick' then
                line || ' short picked, ' || ops.evidence_quantity(e, 'picked_qty') || ' of '
                || ops.evidence_quantity(e, 'delivery_qty') || unit
            when 'inventory_shortfall' then
                line || ' short of stock, ' || ops.evidence_quantity(e, 'confirmed_qty') || ' of '
                || ops.evidence_quantity(e, 'ordered_qty') || unit || ' confirmed'
            when 'price_mismatch' then
                'charged ' || (e ->> 'charged_amount') || ' instead of ' || (e ->> 'ordered_amount')
                || coalesce(' ' || (e ->> 'currency_code'), '')
            when 'credit_hold' then 'held for credit since ' || to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
            when 'compliance_hold' then 'held for compliance since ' || to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
            when 'order_incomplete' then
                'incomplete' || coalesce(': ' || replace(e -> 'reasons' ->> 0, '_', ' '), '')
            when 'edi_ack_overdue' then
                coalesce(e ->> 'document_type', 'a document') || ' ' || (e ->> 'interchange_control_number')
                || ' not acknowledged by ' || ops.evidence_moment(e, 'expected_at')
            when 'edi_ack_rejected' then
                coalesce(e ->> 'document_type', 'a document') || ' ' || (e ->> 'interchange_control_number')
                || ' rejected' || coalesce(': ' || (e ->> 'reason'), '')
            when 'carrier_handover_late' then
                parcel || coalesce(
                    ' reached the carrier late, at ' || ops.evidence_moment(e, 'handed_over_at'),
                    ' not with the carrier by ' || ops.evidence_moment(e, 'handover_due_at'))
            when 'carrier_cannot_meet_promise' then
                parcel || ' is expected ' || ops.evidence_quantity(e, 'late_hours') || ' h after the promise'
            when 'delivered_late' then 'delivered ' || ops.evidence_quantity(e, 'late_hours') || ' h after the promise'
            when 'pod_mismatch' then
                parcel || case e -> 'reasons' ->> 0
                    when 'unsigned' then ' was handed over without a signature'
                    else ' was handed over in another place than the order says'
                end
            when 'billing_hold' then 'billing held although delivery is proven since ' || ops.evidence_moment(e, 'proven_at')
            when 'return_not_eligible' then
                'return ' || (e ->> 'return_ref') || coalesce(
                    ' lacks ' || case e -> 'missing' -> 0 ->> 'fact'
                        when 'invoice' then 'the ERP''s invoice'
                        when 'shipment' then 'a proof that it was shipped'
                        else 'the warehouse''s receipt'
                    end, ' is not eligible')
            when 'shipment_status_mismatch' then
                parcel || ': ' || (e -> 'disagreements' -> 0 ->> 'said_by') || ' has it '
                || (e -> 'disagreements' -> 0 ->> 'status_code') || ', '
                || (e -> 'disagreements' -> 0 ->> 'not_by') || ' does not'
            when 'milestone_stale' then
                'no news of ' || parcel || ' since ' || coalesce(ops.evidence_moment(e, 'last_event_at'), 'its release')
            when 'open_past_promise' then 'not delivered by the promise, ' || ops.evidence_moment(e, 'promised_at')
            when 'status_out_of_sequence' then
                replace(e -> 'contradictions' -> 0 ->> 'came_before_it', '_', ' ') || ' is dated before '
                || replace(e -> 'contradictions' -> 0 ->> 'should_come_first', '_', ' ')
            when 'cancelled_after_shipping' then
                'cancelled, but handed to the carrier at ' || ops.evidence_moment(e, 'handed_over_at')
            when 'partner_unavailable' then
                coalesce(
                    (e ->> 'missing_count') || ' records of ' || (e ->> 'feed') || ' missing',
                    (e ->> 'endpoint') || ' failing since ' || ops.evidence_moment(e, 'failing_since_at'))
        end as phrase
    from spoken as s
),

described as (
    select
        p.detection_id,
        coalesce('Order ' || p.order_ref || ': ', '') || coalesce(p.phrase, lower(c.title))
            || coalesce(' (' || case c.step when 'transport' then p.carrier else p.warehouse end || ')', '') as title,
        (array['critical', 'high', 'medium', 'low'])[
            greatest(1, array_position(array['critical', 'high', 'medium', 'low'], c.severity) - p.raised_by)
        ] as severity,
        c.owner_queue
    from phrased as p
    join ref.exception_catalogue as c on c.exception_code = p.code
)

update pg_temp.case_work as w
set title = upper(left(d.title, 1)) || substr(d.title, 2), severity = d.severity, owner_queue = d.owner_queue
from described as d
where d.detection_id = w.detection_id
