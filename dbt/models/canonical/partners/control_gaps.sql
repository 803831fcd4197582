{{ config(materialized='view') }}

with

control_totals as (
    select * from {{ touched(source('ops', 'control_totals')) }}
),

feeds as (
    select * from {{ source('ref', 'feeds') }}
),

-- A window is told by the newest count that covers it: what was missing then may have come since.
newest as (
    select c.*
    from control_totals as c
    where not exists (
        select from control_totals as later
        where later.feed_id = c.feed_id
            and (later.counted_at, later.control_total_id) > (c.counted_at, c.control_total_id)
            and coalesce(later.window_from, '-infinity') <= coalesce(c.window_from, '-infinity')
            and coalesce(later.window_to, 'infinity') >= coalesce(c.window_to, 'infinity')
    )
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
