with exceptions as (
    select * from {{ ref('fct_exceptions') }}
),

catalogue as (
    select * from {{ source('ref', 'exception_catalogue') }}
),

open_exceptions as (
    select *, age_seconds / 3600 as age_hours from exceptions where is_open
),

-- Every type has its row: none open is a figure too.
final as (
    select
        catalogue.exception_code,
        catalogue.severity,
        catalogue.owner_queue,
        count(open_exceptions.detection_id)::int as open_count,
        count(distinct open_exceptions.order_id)::int as orders_count,
        count(*) filter (where open_exceptions.age_hours < 4)::int as under_4_hours_count,
        count(*) filter (where open_exceptions.age_hours >= 4 and open_exceptions.age_hours < 24)::int as under_1_day_count,
        count(*) filter (where open_exceptions.age_hours >= 24 and open_exceptions.age_hours < 72)::int as under_3_days_count,
        count(*) filter (where open_exceptions.age_hours >= 72)::int as older_count,
        min(open_exceptions.since_at) as oldest_since_at,
        max(open_exceptions.age_seconds) as oldest_age_seconds
    from catalogue
    left join open_exceptions on open_exceptions.exception_code = catalogue.exception_code
    group by catalogue.exception_code, catalogue.severity, catalogue.owner_queue
)

select * from final
