-- Who plays which part for each case: the order's ERP, the partners that work with that ERP's orders, its channel.
with

erps as (
    select
        c.case_id,
        coalesce(
            (
                select min(split_part(i.namespace, '/', 1))
                from canonical.identifiers as i
                where i.thread_id = c.thread_id and i.namespace like '%%/sales\_order'
            ),
            (
                select min(p.partner_id)
                from ref.partners as p
                where p.role_code = 'erp' and p.is_active
                having count(*) = 1
            )
        ) as erp_id,
        o.source_partner_id,
        c.partner_id
    from ops.cases as c
    left join canonical.orders as o on o.thread_id = c.thread_id
    where c.case_id = any(%(cases)s)
),

parts as (
    select distinct on (e.case_id, p.role_code)
        e.case_id,
        p.role_code,
        jsonb_build_object(
            'partner_id', p.partner_id, 'system_type', p.system_type, 'time_zone', p.time_zone, 'settings', p.settings
        ) as partner
    from erps as e
    join ref.partners as p on p.is_active and (
        p.partner_id in (e.erp_id, e.source_partner_id)
        or (p.role_code in ('warehouse', 'carrier') and p.settings ->> 'orders_from' = e.erp_id)
        or (p.role_code = 'edi' and p.partner_id = e.partner_id)
        or p.role_code = 'service_desk'
    )
    order by
        e.case_id, p.role_code, (p.partner_id = e.erp_id) desc nulls last,
        (p.partner_id = e.source_partner_id) desc nulls last,
        (p.settings ->> 'orders_from' = e.source_partner_id) desc nulls last, p.partner_id
)

select case_id, jsonb_object_agg(role_code, partner) as value
from parts
group by case_id
