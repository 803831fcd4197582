with exceptions as (
    select * from {{ ref('fct_exceptions') }}
),

final as (
    select
        exception_code,
        partner_id,
        warehouse_code,
        carrier_code,
        count(*)::int as detected_count,
        count(distinct subject_id)::int as subjects_count,
        count(distinct subject_id) filter (where is_recurrence)::int as recurring_subjects_count,
        count(*) filter (where is_recurrence)::int as recurrences_count,
        round(count(*) filter (where is_recurrence)::numeric / count(*), 6) as recurrence_rate,
        avg(time_to_clear_seconds)::numeric as mean_time_to_clear_seconds
    from exceptions
    group by exception_code, partner_id, warehouse_code, carrier_code
)

select * from final
