with orders as (
    select * from {{ touched(ref('orders')) }}
),

holds as (
    select * from {{ touched(ref('holds')) }}
),

{{ open_hold('compliance') }},

{{ exception_rows('found') }}

select * from final
