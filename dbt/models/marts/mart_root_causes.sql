with detection_causes as (
    select * from {{ source('ops', 'detection_causes') }}
),

causes as (
    select * from {{ source('ref', 'causes') }}
),

counted as (
    select
        (detected_as_of at time zone 'UTC')::date as day_date,
        cause_code,
        exception_code,
        origin,
        count(*) as detected_count,
        count(distinct order_id) as orders_count,
        count(*) filter (where cleared_at is null) as still_open_count,
        min(since_at) filter (where cleared_at is null) as oldest_open_since_at,
        avg(extract(epoch from cleared_as_of - detected_as_of)) as mean_time_to_clear_seconds
    from detection_causes
    group by 1, 2, 3, 4
),

final as (
    select
        counted.day_date,
        counted.cause_code,
        causes.title,
        causes.acts,
        counted.exception_code,
        counted.origin,
        counted.detected_count::int as detected_count,
        counted.orders_count::int as orders_count,
        counted.still_open_count::int as still_open_count,
        counted.oldest_open_since_at,
        counted.mean_time_to_clear_seconds::numeric as mean_time_to_clear_seconds
    from counted
    join causes on causes.cause_code = counted.cause_code
)

select * from final
