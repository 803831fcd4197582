with events as (
    select * from {{ touched(source('canonical', 'events_in')) }}
)

select * from events
