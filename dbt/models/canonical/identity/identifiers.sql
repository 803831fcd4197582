{{ config(
    unique_key=['thread_id', 'identifier'],
    indexes=[{'columns': ['identifier']}],
) }}

with recursive

links as (
    select * from {{ touched(ref('identifier_links')) }}
),

edges as (
    select distinct child, parent
    from links
    where parent is not null and parent <> child
),

roots as (
    select child as identifier from links
    union
    select parent from edges
    except
    select child from edges
),

-- The depth is bounded so that two systems which each call the other's number the parent cannot hang the lane.
walked as (
    select identifier as thread_id, identifier, 0 as depth
    from roots
    union
    select w.thread_id, e.child, w.depth + 1
    from walked as w
    join edges as e on e.parent = w.identifier
    where w.depth < 16
),

final as (
    select
        w.thread_id,
        w.identifier,
        coalesce(
            substring(w.identifier from '^(?:tracking|position|partner)(?=/)'), substring(w.identifier from '^[^/]+/[^/]+')
        ) as namespace,
        coalesce(
            substring(w.identifier from '^(?:tracking|position|partner)/(.*)$'), substring(w.identifier from '^[^/]+/[^/]+/(.*)$')
        ) as value,
        min(w.depth) as depth
    from walked as w
    where {{ in_touched_threads('w.thread_id') }}
    group by w.thread_id, w.identifier
)

select * from final
