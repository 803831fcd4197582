-- Cases as people list them: the most severe first, then what is due first. Without a state, those that live.
select
    case_id,
    title,
    state,
    severity,
    owner_queue,
    assignee,
    order_id,
    lead_code,
    next_action,
    next_actor,
    since_at,
    sla_due_at,
    sla_due_at < ref.as_of() and close_reason is null as is_overdue,
    attempt
from ops.cases
where (%(state)s::text is null and close_reason is null or state = %(state)s)
    and (%(queue)s::text is null or owner_queue = %(queue)s)
    and (%(code)s::text is null or lead_code = %(code)s)
    and (
        %(order)s::text is null or order_id = %(order)s or thread_id = %(order)s
        or thread_id in (
            select thread_id from canonical.orders where erp_order_ref = %(order)s or partner_order_ref = %(order)s
        )
    )
    and (%(assignee)s::text is null or assignee = %(assignee)s)
order by array_position(array['critical', 'high', 'medium', 'low'], severity), sla_due_at, case_id
limit %(limit)s
