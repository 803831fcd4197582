-- Take one token, or none: no row comes back when the wait would be longer than allowed or the circuit is open.
-- Tokens may become negative: that is a place in the queue, and the caller sleeps until its turn.
-- statement_timestamp() stands still while waiting for the row, so `greatest` keeps the refill from running twice.
update ops.endpoints set
    tokens = least(
        capacity,
        tokens + refill_per_second * greatest(0, extract(epoch from statement_timestamp() - refilled_at))
    ) - 1,
    refilled_at = greatest(refilled_at, statement_timestamp()),
    circuit = case circuit when 'closed' then 'closed' else 'half_open' end,
    opened_at = case circuit when 'closed' then opened_at else statement_timestamp() end
where endpoint = %(endpoint)s
    and (circuit = 'closed' or opened_at + make_interval(secs => %(cool_down)s) <= statement_timestamp())
    and (blocked_until is null or blocked_until <= statement_timestamp() + make_interval(secs => %(patience)s))
    and least(
        capacity,
        tokens + refill_per_second * greatest(0, extract(epoch from statement_timestamp() - refilled_at))
    ) - 1 >= - refill_per_second * %(patience)s
returning greatest(
    0,
    - tokens / refill_per_second,
    extract(epoch from coalesce(blocked_until, statement_timestamp()) - statement_timestamp())
)::float as wait_seconds
