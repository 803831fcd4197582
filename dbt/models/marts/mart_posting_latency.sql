with postings as (
    select * from {{ ref('erp_postings') }}
),

latencies as (
    select
        (happened_at at time zone 'UTC')::date as day_date,
        leg_code,
        reported_by,
        posted_at,
        extract(epoch from posted_at - happened_at) as latency_seconds
    from postings
),

final as (
    select
        day_date,
        leg_code,
        reported_by as partner_id,
        count(posted_at)::int as posted_count,
        count(*) filter (where posted_at is null)::int as unposted_count,
        percentile_cont(0.5) within group (order by latency_seconds)::numeric as p50_latency_seconds,
        percentile_cont(0.9) within group (order by latency_seconds)::numeric as p90_latency_seconds,
        percentile_cont(0.95) within group (order by latency_seconds)::numeric as p95_latency_seconds,
        max(latency_seconds)::numeric as longest_latency_seconds
    from latencies
    group by day_date, leg_code, reported_by
)

select * from final
