-- Every type of event with its sources; one without a source has its row too.
select
    t.event_type, t.title, s.source, s.data_point_at, s.data_age, s.is_interrupted, s.cause,
    coalesce(s.began_at, s.interrupted_at) as began_at, s.waiting_count,
    coalesce(s.recover_within, o.recover_within) as recover_within,
    coalesce(s.data_age_limit, o.data_age_limit) as data_age_limit,
    coalesce(s.criticality, o.criticality) as criticality,
    s.data_age > s.data_age_limit as is_age_missed,
    s.is_interrupted and clock_timestamp() - coalesce(s.began_at, s.interrupted_at) > s.recover_within as is_time_missed,
    make_interval(secs => (f.settings ->> 'every_seconds')::double precision) > s.data_age_limit as is_out_of_reach
from ref.fulfillment_event_types as t
left join ref.recovery_objectives as o
    on o.event_type = t.event_type and o.valid_from <= clock_timestamp() and o.valid_to > clock_timestamp()
left join ops.recovery_status as s on s.event_type = t.event_type
left join ref.feeds as f on f.feed_id = s.feed_id
order by t.place, s.source
