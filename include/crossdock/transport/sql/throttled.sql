-- The partner answered, so the circuit stays as it is; the bucket is emptied, so that nobody bursts afterwards.
update ops.endpoints set
    blocked_until = greatest(blocked_until, clock_timestamp() + make_interval(secs => %(retry_after)s)),
    throttled_count = throttled_count + 1,
    last_throttled_at = clock_timestamp(),
    tokens = least(tokens, 0)
where endpoint = %(endpoint)s
