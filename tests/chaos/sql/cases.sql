-- How every case of an order ended, and by which playbook. A case that vanished before anything was done is left out:
-- whether it was ever opened depends on which of two systems was read first.
select c.order_id, jsonb_build_array(
    c.lead_code,
    case when c.state = 'resolved' then 'resolved' else coalesce(c.close_reason, 'with ' || c.next_actor) end,
    c.playbook
)
from ops.cases as c
where c.order_id is not null and not (c.close_reason is not distinct from 'vanished' and c.attempt = 0)
order by 1, 2
