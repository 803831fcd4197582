with orders as (
    select * from {{ touched(source('canonical', 'orders_in')) }}
)

select * from orders
