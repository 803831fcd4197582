with exceptions as (
    select * from {{ ref('fct_exceptions') }}
),

orders as (
    select * from {{ ref('orders') }}
),

-- Days are UTC days of the business clock.
detected as (
    select
        (detected_as_of at time zone 'UTC')::date as day_date,
        exceptions.*
    from exceptions
),

orders_by_day as (
    select
        (ordered_at at time zone 'UTC')::date as day_date,
        source_partner_id,
        count(*) as orders_count
    from orders
    group by 1, 2
),

placed as (
    select
        day_date,
        source_partner_id,
        sum(orders_count) as orders_count
    from orders_by_day
    group by grouping sets ((day_date, source_partner_id), (day_date))
    having grouping(source_partner_id) = 1 or source_partner_id is not null
),

counted as (
    select
        day_date,
        exception_code,
        partner_id,
        warehouse_code,
        carrier_code,
        count(*) as detected_count,
        count(distinct order_id) as orders_in_exception_count,
        count(*) filter (where is_recurrence) as recurrences_count,
        count(*) filter (where is_open) as still_open_count,
        avg(time_to_detect_seconds) as mean_time_to_detect_seconds,
        percentile_cont(0.5) within group (order by time_to_detect_seconds) as p50_time_to_detect_seconds,
        percentile_cont(0.95) within group (order by time_to_detect_seconds) as p95_time_to_detect_seconds,
        avg(time_to_clear_seconds) as mean_time_to_clear_seconds,
        avg(age_seconds) filter (where is_open) as mean_open_age_seconds,
        max(age_seconds) filter (where is_open) as oldest_open_age_seconds
    from detected
    group by 1, 2, 3, 4, 5
),

final as (
    select
        counted.day_date,
        counted.exception_code,
        counted.partner_id,
        counted.warehouse_code,
        counted.carrier_code,
        counted.detected_count::int as detected_count,
        counted.orders_in_exception_count::int as orders_in_exception_count,
        coalesce(placed.orders_count, 0)::int as orders_placed_count,
        round(counted.orders_in_exception_count::numeric / nullif(placed.orders_count, 0), 6) as exception_rate,
        counted.recurrences_count::int as recurrences_count,
        counted.still_open_count::int as still_open_count,
        counted.mean_time_to_detect_seconds::numeric as mean_time_to_detect_seconds,
        counted.p50_time_to_detect_seconds::numeric as p50_time_to_detect_seconds,
        counted.p95_time_to_detect_seconds::numeric as p95_time_to_detect_seconds,
        counted.mean_time_to_clear_seconds::numeric as mean_time_to_clear_seconds,
        counted.mean_open_age_seconds::numeric as mean_open_age_seconds,
        counted.oldest_open_age_seconds::numeric as oldest_open_age_seconds
    from counted
    left join placed
        on placed.day_date = counted.day_date
        and placed.source_partner_id is not distinct from counted.partner_id
)

select * from final
