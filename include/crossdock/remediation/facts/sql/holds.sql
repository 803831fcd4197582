-- Every hold that each case's order was ever under.
select
    c.case_id,
    jsonb_agg(
        jsonb_build_object(
            'kind_code', h.kind_code, 'stated_by', h.stated_by, 'opened_at', h.opened_at, 'released_at', h.released_at
        )
        order by h.opened_at, h.hold_id
    ) as value
from ops.cases as c
join canonical.holds as h on h.thread_id = c.thread_id
where c.case_id = any(%(cases)s)
group by c.case_id
