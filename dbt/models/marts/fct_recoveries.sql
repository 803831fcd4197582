with recoveries as (
    select * from {{ source('ops', 'recoveries') }}
),

final as (
    select
        recovery_id,
        event_type,
        source,
        partner_id,
        criticality,
        causes[1] as first_cause_code,
        array_to_string(causes, ', ') as causes,
        coalesce(outcome, 'open') as outcome,
        is_age_missed,
        extract(epoch from recover_within)::numeric as recover_within_seconds,
        extract(epoch from coalesce(ended_at, clock_timestamp()) - began_at)::numeric as lasted_seconds,
        extract(epoch from data_age_limit)::numeric as data_age_limit_seconds,
        extract(epoch from worst_age)::numeric as worst_age_seconds,
        began_at,
        noticed_at,
        ended_at
    from recoveries
)

select * from final
