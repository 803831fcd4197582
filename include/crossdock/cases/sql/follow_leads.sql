-- Title, severity and time to resolve follow the lead; the queue does when another leads.
update ops.cases as c
set
    lead_code = w.exception_code,
    subject_id = w.subject_id,
    thread_id = w.thread_id,
    order_id = w.order_id,
    partner_id = w.partner_id,
    warehouse_code = w.warehouse_code,
    carrier_code = w.carrier_code,
    title = w.title,
    severity = w.severity,
    owner_queue = case when l.is_another then w.owner_queue else c.owner_queue end,
    since_at = least(c.since_at, w.since_at),
    sla_due_at = least(c.since_at, w.since_at) + s.resolve_within,
    updated_at = clock_timestamp()
from pg_temp.case_leads as l
join pg_temp.case_work as w on w.detection_id = l.detection_id
join ref.service_levels as s on s.severity = w.severity
where c.case_id = l.case_id
    and (
        c.lead_code, c.subject_id, c.thread_id, c.order_id, c.partner_id, c.warehouse_code, c.carrier_code, c.title,
        c.severity
    ) is distinct from (
        w.exception_code, w.subject_id, w.thread_id, w.order_id, w.partner_id, w.warehouse_code, w.carrier_code,
        w.title, w.severity
    )
