-- The candidates that count by now.
insert into pg_temp.due_now
select f.*
from pg_temp.found as f
where f.due_at <= %(as_of)s
    and not exists (
        select from canonical.feed_horizons as h
        where h.role_code = any(f.waits_for) and coalesce(h.read_through_at, '-infinity') < f.due_at
    )
