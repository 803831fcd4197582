with runs as (
    select * from {{ source('raw', 'runs') }}
),

feeds as (
    select * from {{ source('ref', 'feeds') }}
),

-- What was read and did not land had landed before: overlaps, retries and re-sent pages.
counted as (
    select
        (started_at at time zone 'UTC')::date as day_date,
        feed_id,
        count(*) as runs_count,
        count(*) filter (where status = 'failed') as failed_runs_count,
        sum(documents_count) as documents_count,
        sum(records_read_count) as records_read_count,
        sum(records_landed_count) as records_landed_count
    from runs
    group by 1, 2
),

final as (
    select
        counted.day_date,
        feeds.partner_id,
        feeds.feed,
        feeds.feed_type,
        counted.runs_count::int as runs_count,
        counted.failed_runs_count::int as failed_runs_count,
        counted.documents_count::bigint as documents_count,
        counted.records_read_count::bigint as records_read_count,
        counted.records_landed_count::bigint as records_landed_count,
        (counted.records_read_count - counted.records_landed_count)::bigint as duplicates_count,
        round(
            (counted.records_read_count - counted.records_landed_count)::numeric
            / nullif(counted.records_read_count, 0), 6
        ) as duplicate_rate
    from counted
    join feeds on feeds.feed_id = counted.feed_id
)

select * from final
