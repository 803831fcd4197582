-- The next action that may go out, marked as sent before it is: committed, so that a crash leaves it to be found.
-- Steps of a repair wait for the ones before them; an order's repairs follow one another, an undoing only what is in flight.
with next as (
    select a.action_id
    from ops.actions as a
    where a.state = 'approved'
        and (a.next_try_at is null or a.next_try_at <= clock_timestamp())
        and (
            a.compensates is not null
            or (
                exists (
                    select from ops.cases as c
                    where c.case_id = a.case_id and c.state = 'acting' and c.attempt = a.attempt
                )
                and not exists (
                    select from ops.actions as b
                    where b.case_id = a.case_id and b.attempt = a.attempt and b.step < a.step
                        and b.compensates is null and b.state in ('proposed', 'approved', 'sent', 'failed', 'dead')
                )
            )
        )
        and not exists (
            select from ops.actions as b
            where b.order_id = a.order_id and b.action_id <> a.action_id
                and (
                    b.state = 'sent'
                    or (a.compensates is null and b.action_id < a.action_id and b.state in ('approved', 'compensating'))
                )
        )
    order by a.action_id
    limit 1
    for update of a skip locked
)

update ops.actions as a
set state = 'sent', tries = a.tries + 1, sent_at = coalesce(a.sent_at, clock_timestamp()),
    leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
from next
where a.action_id = next.action_id
    and pg_try_advisory_lock(hashtextextended('crossdock action', a.action_id))
returning a.*
