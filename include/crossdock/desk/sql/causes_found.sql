-- What the exceptions found in the window came from. The window is wall time: detected_at is what is indexed.
select
    d.cause_code,
    k.title,
    count(*) as found_count,
    count(distinct d.order_id) as orders_count,
    count(*) filter (where d.cleared_at is null) as open_count,
    min(d.since_at) filter (where d.cleared_at is null) as oldest_since_at,
    percentile_cont(0.5) within group (order by d.cleared_as_of - d.detected_as_of) as half_cleared_within,
    ref.as_of() as as_of
from ops.detection_causes as d
join ref.causes as k using (cause_code)
where d.detected_at >= clock_timestamp() - make_interval(days => %(days)s)
group by d.cause_code, k.title, k.place
order by found_count desc, k.place
