-- What nothing else that is new explains gets a case of its own; with `all`, whatever is left.
with roots as (
    select *
    from pg_temp.case_work as n
    where n.case_id is null and n.is_open and (
        %(all)s or not exists (
            select
            from pg_temp.case_work as cause
            join ref.symptom_of as s on s.cause_code = cause.exception_code and s.symptom_code = n.exception_code
            where cause.thread_id = n.thread_id and cause.case_id is null and cause.is_open
                and coalesce(cause.shipment_id = n.shipment_id, true)
        )
    )
),

opened as (
    insert into ops.cases (
        lead_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, title, severity,
        owner_queue, next_action, next_actor, since_at, sla_due_at, opened_as_of
    )
    select
        r.exception_code, r.subject_id, r.thread_id, r.order_id, r.partner_id, r.warehouse_code, r.carrier_code,
        r.title, r.severity, r.owner_queue, 'Decide what to do', 'crossdock', r.since_at,
        r.since_at + l.resolve_within, ref.as_of()
    from roots as r
    join ref.service_levels as l on l.severity = r.severity
    order by r.detection_id
    returning case_id, state, lead_code, subject_id
),

concerned as (
    insert into pg_temp.case_concerned (case_id, state) select case_id, state from opened
)

update pg_temp.case_work as w
set case_id = o.case_id
from opened as o, roots as r
where r.exception_code = o.lead_code and r.subject_id = o.subject_id and w.detection_id = r.detection_id
