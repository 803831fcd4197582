{{ config(materialized='view') }}

with

feeds as (
    select * from {{ source('ref', 'feeds') }} where is_active and mode <> 'push'
),

partners as (
    select * from {{ source('ref', 'partners') }} where is_active
),

cursors as (
    select * from {{ touched(source('raw', 'cursors')) }}
),

final as (
    select
        'partner/' || p.partner_id as thread_id,
        p.partner_id,
        p.role_code,
        f.feed,
        c.derived_through_at as read_through_at
    from feeds as f
    join partners as p on p.partner_id = f.partner_id
    left join cursors as c on c.feed_id = f.feed_id
)

select * from final
