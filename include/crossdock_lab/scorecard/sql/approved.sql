-- Idempotency keys of the actions that a person other than their proposer has approved, or that took back our own.
select a.idempotency_key
from ops.actions as a
left join ops.approvals as p on p.case_id = a.case_id and p.attempt = a.attempt
where a.idempotency_key = any(%(keys)s)
    and (a.compensates is not null or (p.state = 'approved' and p.decided_by <> p.proposed_by))
