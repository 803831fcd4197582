-- The endpoint's row, with the limits that are configured now; a changed limit keeps the state.
insert into ops.endpoints as e (endpoint, partner_id, capacity, refill_per_second, tokens)
values (%(endpoint)s, %(partner_id)s, %(capacity)s, %(refill_per_second)s, %(capacity)s)
on conflict (endpoint) do update
    set partner_id = excluded.partner_id,
        capacity = excluded.capacity,
        refill_per_second = excluded.refill_per_second
    where (e.partner_id, e.capacity, e.refill_per_second)
        is distinct from (excluded.partner_id, excluded.capacity, excluded.refill_per_second)
