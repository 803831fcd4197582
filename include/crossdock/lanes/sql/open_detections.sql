-- What a view finds and nobody has seen yet; for what is known already, the newest evidence.
with opened as (
    insert into ops.detections as d (
        exception_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, since_at, due_at,
        evidence, detected_as_of, detected_by
    )
    select
        exception_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, since_at, due_at,
        evidence, %(as_of)s, %(lane)s
    from pg_temp.due_now
    on conflict (exception_code, subject_id) where cleared_at is null do update
    set thread_id = excluded.thread_id, order_id = excluded.order_id, evidence = excluded.evidence
    where (d.thread_id, d.evidence) is distinct from (excluded.thread_id, excluded.evidence)
    returning (xmax = 0) as is_new
)

select count(*) filter (where is_new) from opened
