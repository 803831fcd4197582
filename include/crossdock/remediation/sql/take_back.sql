-- The undoing of an action, as an action of its own.
insert into ops.actions (
    case_id, decision_id, attempt, step, command, partner_id, order_id, payload, compensates, idempotency_key,
    correlation_id
)
select
    case_id, decision_id, attempt, %(step)s, %(command)s, partner_id, order_id, %(payload)s, action_id,
    %(idempotency_key)s, correlation_id
from ops.actions
where action_id = %(action_id)s
returning action_id
