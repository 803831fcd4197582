{{ config(materialized='view') }}

with

control_totals as (
    select * from {{ touched(source('ops', 'control_totals')) }}
),

feeds as (
    select * from {{ source('ref', 'feeds') }}
),

-- A window counted again is told by its newest count.
newest as (
    select distinct on (feed_id, window_from, window_to) *
    from control_totals
    order by feed_id, window_from, window_to, counted_at desc, control_total_id desc
),

final as (
    select
        'partner/' || f.partner_id as thread_id,
        f.partner_id,
        f.feed,
        n.window_from,
        n.window_to,
        greatest(cardinality(n.missing_ids), n.source_count - n.landed_count)::bigint as missing_count,
        n.missing_ids,
        n.counted_at
    from newest as n
    join feeds as f on f.feed_id = n.feed_id
    where cardinality(n.missing_ids) > 0 or n.source_count > n.landed_count
)

select * from final
