-- Threads that carry a number, whoever issued it: each partner's number of each kind is looked up in the index.
-- tests/integration/desk/test_search.py keeps the kinds equal to those of the models.
with

written as (
    select distinct w.value
    from (
        select unnest(array[%(text)s, upper(%(text)s), lower(%(text)s)]) as value
    ) as g
    cross join lateral (values (g.value), (ltrim(g.value, '#')), (ltrim(g.value, '0'))) as w (value)
    where w.value <> ''
),

kinds as (
    select unnest(array[
        'order', 'sales_order', 'order_id', 'order_line', 'delivery', 'shipment', 'fulfillment', 'tracker', 'return',
        'ticket', 'event', 'milestone', 'charge', 'edi_set', 'edi_interchange', 'edi_out', 'outbound_group', 'outbound_interchange'
    ]) as kind
),

possible as (
    select value as identifier from written
    union
    select 'tracking/' || upper(regexp_replace(value, '\s', '', 'g')) from written
    union
    select n.name || '/' || w.value from written as w cross join (values ('position'), ('partner')) as n (name)
    union
    select p.partner_id || '/' || k.kind || '/' || w.value
    from ref.partners as p
    cross join kinds as k
    cross join written as w
)

select distinct i.thread_id, i.identifier, o.order_id
from canonical.identifiers as i
left join canonical.orders as o on o.thread_id = i.thread_id
where i.identifier = any(array(select identifier from possible))
order by i.thread_id, i.identifier
limit 200
