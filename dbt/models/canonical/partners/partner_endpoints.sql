{{ config(materialized='view') }}

with

endpoints as (
    select * from {{ touched(source('ops', 'endpoints')) }} where partner_id is not null
),

final as (
    select
        'partner/' || partner_id as thread_id,
        partner_id,
        endpoint,
        circuit,
        throttled_count,
        blocked_until,
        last_success_at,
        last_failure_at,
        last_error,
        case
            when circuit <> 'closed' then coalesce(opened_at, last_failure_at)
            when last_failure_at > coalesce(last_success_at, '-infinity') then last_failure_at
        end as failing_since_at
    from endpoints
)

select * from final
