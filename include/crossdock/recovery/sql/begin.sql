-- What is interrupted and not written down yet, with the objectives of this moment.
insert into ops.recoveries (
    event_type, source, partner_id, feed_id, causes, criticality, recover_within, data_age_limit, worst_age, began_at,
    noticed_at, seen_at
)
select
    event_type, source, partner_id, feed_id, array[cause], criticality, recover_within, data_age_limit,
    coalesce(data_age, %(now)s - interrupted_at), interrupted_at, %(now)s, %(now)s
from pg_temp.looked_at
where is_interrupted
on conflict (event_type, source) where ended_at is null do nothing
