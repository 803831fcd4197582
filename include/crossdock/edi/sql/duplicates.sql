-- A control number that the same sender used towards the same receiver before, for other bytes: the later interchange and
-- its sets are set aside (TA1 note 025). The same bytes again never come here: they are the same record. An interchange
-- that broke off (023) used nothing up: what comes under its number is the whole of it.
with claimed as (
    select r.record_id, r.feed_id, r.native_id, r.document_id, r.payload
    from unnest(%(record_ids)s::bigint[]) as c (record_id)
    join raw.records as r on r.record_id = c.record_id
),

used as (
    select c.*, earlier.native_id as used_by
    from claimed as c
    cross join lateral (
        select e.native_id
        from raw.records as e
        where e.feed_id = c.feed_id
            and e.native_id like replace(replace(split_part(c.native_id, ':', 1), '\', '\\'), '_', '\_')
                || ':' || split_part(c.native_id, ':', 2) || ':%%'
            and e.payload ->> 'kind' = 'interchange'
            and e.record_id < c.record_id
            and e.payload -> 'interchange' ->> 'sender_qualifier' = c.payload -> 'interchange' ->> 'sender_qualifier'
            and e.payload -> 'interchange' ->> 'receiver' = c.payload -> 'interchange' ->> 'receiver'
            and e.payload -> 'interchange' ->> 'digest' <> c.payload -> 'interchange' ->> 'digest'
            and not e.payload -> 'envelope' -> 'faults' @> '[{"code": "023"}]'
        order by e.record_id
        limit 1
    ) as earlier
    where c.payload ->> 'kind' in ('interchange', 'transaction_set')
)

insert into ops.quarantine (feed_id, record_id, document_id, rule, field, value, reason, native_id, order_ref)
select
    feed_id,
    record_id,
    document_id,
    'duplicate_control_number',
    'ISA13',
    payload -> 'interchange' ->> 'control_number',
    'ISA13 (segment 1): control number ' || (payload -> 'interchange' ->> 'control_number')
        || ' was used before by this sender for another document (' || used_by
        || '); ask the partner which one counts, then release it or discard it',
    native_id,
    nullif(trim(payload -> 'order' ->> 'po_number'), '')
from used
where not exists (
    select from ops.quarantine as q
    where q.record_id = used.record_id and q.rule = 'duplicate_control_number'
)
on conflict do nothing
