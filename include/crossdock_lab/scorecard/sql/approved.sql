-- Idempotency keys of the actions that a person other than their proposer has approved.
select a.idempotency_key
from ops.actions as a
join ops.approvals as p on p.case_id = a.case_id and p.attempt = a.attempt
where p.state = 'approved' and p.decided_by <> p.proposed_by and a.idempotency_key = any(%(keys)s)
