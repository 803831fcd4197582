-- An action whose sender is gone: its lease ran out and its session's lock is free. What came of it is unknown.
update ops.actions as a
set tries = a.tries + 1, leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
from (select %(action_id)s::bigint as action_id) as one
where a.action_id = one.action_id
    and a.state = 'sent'
    and a.leased_until <= clock_timestamp()
    and pg_try_advisory_lock(hashtextextended('crossdock action', a.action_id))
returning a.*
