{{ config(materialized='view') }}

-- A view, so that what was set aside or let go a moment ago is always told as it is.
with

quarantine as (
    select * from {{ touched(source('ops', 'quarantine')) }} where state = 'open'
),

feeds as (
    select * from {{ source('ref', 'feeds') }}
),

links as (
    select * from {{ touched(ref('identifier_links')) }}
),

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

-- The order it belongs to by the links of its object; an object that was never fit may still name its order.
final as (
    select
        coalesce(l.thread_id, 'partner/' || f.partner_id) as thread_id,
        {{ order_of('l.thread_id') }} as order_id,
        q.quarantine_id,
        f.partner_id,
        f.feed,
        q.part,
        q.rule,
        q.field,
        q.value,
        q.reason,
        q.order_ref,
        q.quarantined_at
    from quarantine as q
    join feeds as f on f.feed_id = q.feed_id
    left join lateral (
        select coalesce(min(i.thread_id), min(k.child)) as thread_id
        from links as k
        left join identifiers as i on i.identifier = k.child
        where k.feed_id = q.feed_id and k.native_id = q.native_id
    ) as l on true
)

select * from final
