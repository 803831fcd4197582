-- A failed probe opens the circuit again at once; in the closed state it takes `threshold` failures in a row.
update ops.endpoints set
    failures_count = failures_count + 1,
    last_failure_at = clock_timestamp(),
    last_error = %(error)s,
    circuit = case when circuit <> 'closed' or failures_count + 1 >= %(threshold)s then 'open' else 'closed' end,
    opened_at = case
        when circuit <> 'closed' or failures_count + 1 >= %(threshold)s then clock_timestamp() else opened_at
    end
where endpoint = %(endpoint)s
