-- What the least hopeful system has of the items of each case's order, by warehouse.
with

wanted as (
    select distinct c.case_id, l.sku
    from ops.cases as c
    join canonical.order_lines as l on l.thread_id = c.thread_id
    where c.case_id = any(%(cases)s) and l.sku is not null
),

positions as (
    select
        p.sku,
        p.warehouse_code,
        min(p.available_qty) as available_qty,
        jsonb_object_agg(p.believed_by, trim_scale(p.available_qty)) as beliefs,
        max(p.valid_at) as valid_at
    from canonical.inventory_positions as p
    where p.sku in (select sku from wanted)
    group by p.sku, p.warehouse_code
)

select
    w.case_id,
    jsonb_agg(
        jsonb_build_object(
            'sku', p.sku,
            'warehouse_code', p.warehouse_code,
            'available_qty', trim_scale(p.available_qty),
            'promised_qty', 0,
            'beliefs', p.beliefs,
            'valid_at', p.valid_at
        )
        order by p.sku, p.warehouse_code
    ) as value
from wanted as w
join positions as p on p.sku = w.sku
group by w.case_id
