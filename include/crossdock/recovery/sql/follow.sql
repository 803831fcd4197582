-- What lasts: how old it is by now, and a cause that was not seen before.
update ops.recoveries as r
set seen_at = %(now)s,
    worst_age = greatest(r.worst_age, s.data_age),
    causes = case when s.cause is null or s.cause = any(r.causes) then r.causes else r.causes || s.cause end
from pg_temp.looked_at as s
where r.event_type = s.event_type and r.source = s.source and r.ended_at is null
