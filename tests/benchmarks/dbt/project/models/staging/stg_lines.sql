with lines as (
    select * from {{ touched(source('canonical', 'lines_in')) }}
)

select * from lines
