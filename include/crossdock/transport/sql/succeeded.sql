update ops.endpoints set
    last_success_at = clock_timestamp(),
    failures_count = 0,
    circuit = 'closed',
    opened_at = null
where endpoint = %(endpoint)s
