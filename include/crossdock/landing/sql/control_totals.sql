-- One window of one feed, from what the source has to what became canonical.
insert into ops.control_totals (
    feed_id, window_from, window_to, source_count, landed_count, passed_count, quarantined_count, canonical_count,
    missing_ids
)
select
    %(feed_id)s,
    %(window_from)s,
    %(window_to)s,
    count(*),
    count(*) filter (where is_landed),
    count(*) filter (where is_landed and not is_quarantined),
    count(*) filter (where is_quarantined),
    count(*) filter (where is_canonical),
    coalesce(array_agg(native_id order by native_id) filter (where not is_landed), '{}')
from (
    select
        s.native_id,
        exists (
            select from raw.records as r where r.feed_id = %(feed_id)s and r.native_id = s.native_id
        ) as is_landed,
        exists (
            select from ops.quarantine as q
            where q.feed_id = %(feed_id)s and q.native_id = s.native_id and q.part = '' and q.state = 'open'
        ) as is_quarantined,
        exists (
            select from canonical.identifier_links as l where l.feed_id = %(feed_id)s and l.native_id = s.native_id
        ) as is_canonical
    from pg_temp.source_ids as s
) as accounted
returning source_count, landed_count, passed_count, quarantined_count, canonical_count, missing_ids
