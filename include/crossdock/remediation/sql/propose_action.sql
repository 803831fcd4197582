-- One step of a repair, written down; nothing comes back where the partner is unknown or speaks another language.
insert into ops.actions (
    case_id, decision_id, attempt, step, command, partner_id, order_id, payload, target, compensation,
    idempotency_key, correlation_id
)
select
    %(case_id)s, %(decision_id)s, %(attempt)s, %(step)s, %(command)s, p.partner_id, %(order_id)s, %(payload)s,
    %(target)s, %(compensation)s, %(idempotency_key)s, %(correlation_id)s
from ref.partners as p
where p.partner_id = %(partner_id)s and p.system_type = split_part(%(command)s, '.', 1)
returning action_id
