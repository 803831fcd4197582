-- A newer version of an object is fit, or breaks the same rule with the same value: the older row asks for nothing any more.
update ops.quarantine as o
set state = 'superseded', resolved_at = clock_timestamp(), resolved_by = 'contracts',
    resolution = 'a newer version of the same object came in: record ' || n.record_id
from pg_temp.claimed as c
join raw.records as n on n.record_id = c.record_id
where c.feed_id = any(%(feed_ids)s)
    and o.feed_id = n.feed_id and o.native_id = n.native_id and o.record_id <> n.record_id and o.state = 'open'
    and exists (
        select from raw.records as older
        where older.record_id = o.record_id
            and (coalesce(n.changed_at, '-infinity'), n.record_id) > (coalesce(older.changed_at, '-infinity'), older.record_id)
    )
    and (
        not exists (
            select from ops.quarantine as q where q.record_id = n.record_id and q.part = '' and q.state = 'open'
        )
        or exists (
            select from ops.quarantine as q
            where q.record_id = n.record_id and q.state = 'open' and q.part = o.part and q.rule = o.rule
                and q.field is not distinct from o.field and q.value is not distinct from o.value
        )
    )
