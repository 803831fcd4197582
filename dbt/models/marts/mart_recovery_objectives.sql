with event_types as (
    select * from {{ source('ref', 'fulfillment_event_types') }}
),

objectives as (
    select *
    from {{ source('ref', 'recovery_objectives') }}
    where valid_from <= clock_timestamp() and valid_to > clock_timestamp()
),

recoveries as (
    select * from {{ ref('fct_recoveries') }} where began_at >= clock_timestamp() - interval '30 days'
),

sources_now as (
    select
        event_type,
        count(*) as sources_count,
        count(*) filter (where is_interrupted) as interrupted_count,
        max(extract(epoch from data_age)) as oldest_age_seconds
    from {{ source('ops', 'recovery_status') }}
    group by event_type
),

past as (
    select
        event_type,
        count(*) filter (where outcome <> 'withdrawn') as interruptions_count,
        count(*) filter (where outcome = 'met') as met_count,
        count(*) filter (where outcome = 'missed' or (outcome = 'open' and lasted_seconds > recover_within_seconds)) as missed_count,
        count(*) filter (where is_age_missed) as age_missed_count,
        percentile_cont(0.5) within group (order by lasted_seconds) filter (where outcome in ('met', 'missed')) as p50_recovery_seconds,
        max(lasted_seconds) filter (where outcome in ('met', 'missed')) as longest_recovery_seconds
    from recoveries
    group by event_type
),

-- Every type has its row: nothing interrupted is a figure too.
final as (
    select
        event_types.event_type,
        event_types.title,
        event_types.business_step,
        event_types.scor_process,
        objectives.criticality,
        event_types.place,
        extract(epoch from objectives.recover_within)::numeric as recover_within_seconds,
        extract(epoch from objectives.data_age_limit)::numeric as data_age_limit_seconds,
        coalesce(sources_now.sources_count, 0)::int as sources_count,
        coalesce(sources_now.interrupted_count, 0)::int as interrupted_count,
        sources_now.oldest_age_seconds::numeric as oldest_age_seconds,
        coalesce(past.interruptions_count, 0)::int as interruptions_count,
        coalesce(past.met_count, 0)::int as met_count,
        coalesce(past.missed_count, 0)::int as missed_count,
        coalesce(past.age_missed_count, 0)::int as age_missed_count,
        past.p50_recovery_seconds::numeric as p50_recovery_seconds,
        past.longest_recovery_seconds::numeric as longest_recovery_seconds
    from event_types
    left join objectives on objectives.event_type = event_types.event_type
    left join sources_now on sources_now.event_type = event_types.event_type
    left join past on past.event_type = event_types.event_type
)

select * from final
