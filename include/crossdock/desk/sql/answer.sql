-- The one row above the time line: did it ship, was the customer told, where does it fail, was it retried, who is next.
select
    t.thread_id,
    o.order_id,
    o.partner_order_ref,
    o.erp_order_ref,
    o.customer_ref,
    o.customer_tier,
    o.promised_at,
    o.ordered_at,
    o.fulfillment_status_code,
    o.billing_status_code,
    o.cancelled_at,
    p.name as partner_name,
    ref.as_of() as as_of,
    (
        select jsonb_build_object(
            'ordered', sum(l.ordered_qty), 'shipped', sum(l.shipped_qty), 'delivered', sum(l.delivered_qty))
        from canonical.order_lines as l where l.thread_id = t.thread_id
    ) as quantities,
    (
        select coalesce(jsonb_agg(to_jsonb(s) order by s.handed_over_at), '[]')
        from (
            select shipment_id, delivery_ref, carrier_code, tracking_number, shipment_status_code, warehouse_code,
                handed_over_at, estimated_delivery_at, delivered_at
            from canonical.shipments where thread_id = t.thread_id
        ) as s
    ) as shipments,
    (
        select jsonb_build_object('by', x.name, 'since', b.valid_at)
        from canonical.status_beliefs as b
        join ref.partners as x on x.partner_id = b.believed_by
        where b.thread_id = t.thread_id and b.role_code in ('shop', 'marketplace') and b.superseded_at is null
            and b.status_code in ('shipped', 'delivered', 'completed')
        order by b.valid_at limit 1
    ) as shop_shows,
    (
        select coalesce(jsonb_agg(to_jsonb(f) order by f.since_at), '[]')
        from (
            select d.exception_code, e.title, e.step, d.since_at, d.warehouse_code, d.carrier_code, x.name as partner_name
            from ops.detections as d
            join ref.exception_catalogue as e using (exception_code)
            left join ref.partners as x on x.partner_id = d.partner_id
            where d.thread_id = t.thread_id and d.cleared_at is null
        ) as f
    ) as failures,
    (
        select coalesce(jsonb_agg(to_jsonb(c) order by c.close_reason is not null, c.sla_due_at), '[]')
        from (
            select k.case_id, k.title, k.state, k.attempt, k.next_action, k.next_actor, k.next_at, k.close_reason,
                k.sla_due_at, q.title as next_queue
            from ops.cases as k
            left join ref.queues as q on q.queue = k.next_actor
            where k.thread_id = t.thread_id
        ) as c
    ) as cases,
    (
        select coalesce(jsonb_agg(to_jsonb(a) order by a.action_id), '[]')
        from (
            select y.action_id, y.command, y.state, y.tries, y.attempt, y.acknowledged_at, x.name as system_name
            from ops.actions as y
            join ref.partners as x using (partner_id)
            join ops.cases as k using (case_id)
            where k.thread_id = t.thread_id and y.compensates is null
        ) as a
    ) as actions
from (select %(thread)s::text as thread_id) as t
left join canonical.orders as o on o.thread_id = t.thread_id
left join ref.partners as p on p.partner_id = o.source_partner_id
where o.thread_id is not null
    or exists (select from canonical.identifiers as i where i.thread_id = t.thread_id)
    or exists (select from ops.cases as c where c.thread_id = t.thread_id)
