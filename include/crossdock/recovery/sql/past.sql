-- Interruptions that began in the window, the newest first.
select
    r.recovery_id, r.event_type, r.source, r.causes, r.criticality, r.began_at, r.ended_at,
    coalesce(r.ended_at, clock_timestamp()) - r.began_at as lasted, r.recover_within, r.worst_age, r.data_age_limit,
    coalesce(r.outcome, 'open') as outcome, r.is_age_missed
from ops.recoveries as r
where r.began_at >= clock_timestamp() - make_interval(days => %(days)s)
    and (%(event_type)s::text is null or r.event_type = %(event_type)s)
order by r.began_at desc, r.recovery_id desc
limit %(limit)s
