-- What holds the platform up now, by wall time, the most orders first.
select o.cause_code, k.title, k.acts, o.origin, o.things_count, o.orders_count, clock_timestamp() - o.since_at as lasted
from ops.obstacles as o
join ref.causes as k using (cause_code)
order by o.orders_count desc, o.things_count desc, k.place, o.origin
limit 200
