-- Writes that this distributor lets nobody make without a person's word: a hold released.
select w.idempotency_key, i.number, i.kind
from lab.interventions as i
join lab.writes as w using (write_id)
where i.kind = 'credit_release' or (i.kind in ('block', 'billing_block') and i.params ->> 'code' = '')
