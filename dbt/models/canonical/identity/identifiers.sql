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
        thread_id,
        identifier,
        coalesce(substring(identifier from '^(?:tracking|position|partner)(?=/)'), substring(identifier from '^[^/]+/[^/]+')) as namespace,
        coalesce(substring(identifier from '^(?:tracking|position|partner)/(.*)$'), substring(identifier from '^[^/]+/[^/]+/(.*)$')) as value,
        min(depth) as depth
    from walked
    where {{ in_touched_threads('thread_id') }}
    group by thread_id, identifier
)

select * from final
