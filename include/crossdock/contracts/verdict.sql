-- Judge the claimed records of one contract: cheap test of the whole row first, names of the rules only for rows that fail.
with documents as ({documents}
),
broken as ({broken}
),
verdicts as (
    select b.*
    from broken as b
    where not exists (
        select from ops.quarantine as q
        where q.record_id = b._record_id and q.part = b._part and q.rule = b.rule
            and q.field is not distinct from b.field and q.state = 'released'
    )
    -- What was discarded, or overtaken by a newer version, stays set aside by the row that says so.
    and not exists (
        select from ops.quarantine as q
        where q.record_id = b._record_id and q.part = b._part and q.rule = b.rule
            and q.field is not distinct from b.field and q.state in ('superseded', 'discarded')
    )
),
mended as (
    update ops.quarantine as q
    set state = 'replayed', resolved_at = clock_timestamp(), resolved_by = 'contracts', resolution = 'passed when judged again'
    from pg_temp.claimed as c
    where c.feed_id = any({feed_ids}) and q.record_id = c.record_id and q.state = 'open' and q.contract = {contract}
        and not exists (
            select from verdicts as v
            where v._record_id = q.record_id and v._part = q.part and v.rule = q.rule and v.field is not distinct from q.field
        )
),
set_aside as (
    insert into ops.quarantine
        (feed_id, record_id, part, rule, field, value, reason, native_id, order_ref, contract)
    select _feed_id, _record_id, _part, rule, field, value, reason, _native_id, _order_ref, {contract}
    from verdicts
    on conflict do nothing
    returning 1
)
select count(*) from set_aside
