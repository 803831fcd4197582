with orders as (
    select * from {{ touched(ref('orders')) }}
),

quarantined_records as (
    select * from {{ touched(ref('quarantined_records')) }}
),

incomplete_orders as (
    select
        order_id as subject_id,
        thread_id,
        order_id,
        source_partner_id as partner_id,
        ordered_at as noticed_at,
        incomplete_reason as reason,
        null::jsonb as set_aside
    from orders
    where is_incomplete
),

orders_with_records_set_aside as (
    select
        coalesce(order_id, thread_id) as subject_id,
        thread_id,
        order_id,
        partner_id,
        quarantined_at as noticed_at,
        reason,
        jsonb_build_object(
            'quarantine_id', quarantine_id, 'feed', feed, 'part', part, 'rule', rule,
            'field', field, 'value', value, 'reason', reason, 'order_ref', order_ref
        ) as set_aside
    from quarantined_records
    where order_id is not null or order_ref is not null
),

shortcomings as (
    select * from incomplete_orders
    union all
    select * from orders_with_records_set_aside
),

-- The quarantine keeps wall time and an order may be dated ahead of the business clock: what we know counts at once.
found as (
    select
        subject_id,
        min(thread_id) as thread_id,
        min(order_id) as order_id,
        min(partner_id) as partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        least(min(noticed_at), ref.as_of()) as since_at,
        jsonb_build_object(
            'reasons', jsonb_agg(distinct reason),
            'set_aside', coalesce(
                jsonb_agg(set_aside order by (set_aside ->> 'quarantine_id')::bigint)
                    filter (where set_aside is not null), '[]'
            )
        ) as evidence
    from shortcomings
    group by subject_id
),

{{ exception_rows('found') }}

select * from final
