-- Why nobody was let in, and for how many seconds.
select
    circuit,
    last_error,
    greatest(0, extract(epoch from opened_at + make_interval(secs => %(cool_down)s) - statement_timestamp()))::float
        as circuit_seconds,
    greatest(
        0,
        (1 - tokens) / refill_per_second,
        extract(epoch from coalesce(blocked_until, statement_timestamp()) - statement_timestamp())
    )::float as budget_seconds
from ops.endpoints
where endpoint = %(endpoint)s
