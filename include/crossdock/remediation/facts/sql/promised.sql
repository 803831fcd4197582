-- What decisions have promised of these items to their cases: while one is under way, and after it until the stock of
-- that place has been read anew.
with

last_decisions as (
    select distinct on (d.case_id) d.*
    from ops.decisions as d
    where d.mode in ('active', 'canary')
    order by d.case_id, d.decision_id desc
),

sources as (
    select
        d.case_id,
        k.state,
        k.close_reason,
        d.decided_at,
        s.source ->> 'sku' as sku,
        s.source ->> 'warehouse_code' as warehouse_code,
        (s.source ->> 'quantity')::numeric as qty
    from last_decisions as d
    join ops.cases as k on k.case_id = d.case_id
    left join ops.approvals as a on a.decision_id = d.decision_id and a.state = 'approved'
    cross join lateral jsonb_array_elements(d.candidates) as c (candidate)
    cross join lateral jsonb_array_elements(coalesce(c.candidate #> '{choice,sources}', '[]')) as s (source)
    where c.candidate ->> 'name' = coalesce(a.chosen, d.chosen)
)

select s.case_id, s.sku, s.warehouse_code, s.qty
from sources as s
where s.sku = any(%(skus)s)
    and (
        s.state in ('awaiting_approval', 'acting', 'verifying')
        or (
            (s.state = 'resolved' or s.close_reason = 'resolved')
            and s.decided_at > (
                select min(p.known_at)
                from canonical.inventory_positions as p
                where p.sku = s.sku and p.warehouse_code = s.warehouse_code
            )
        )
    )
