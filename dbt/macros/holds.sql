{#- Open holds of one kind, by order: `opened_at` of the first, and all of them. Needs the import `holds`; gives `open_holds`. -#}
{% macro open_holds(kind_code) -%}
open_holds as (
    select
        order_id,
        min(opened_at) as opened_at,
        jsonb_agg(
            jsonb_build_object('hold_id', hold_id, 'stated_by', stated_by, 'opened_at', opened_at)
            order by opened_at, hold_id
        ) as open_holds
    from holds
    where kind_code = '{{ kind_code }}' and released_at is null
    group by order_id
)
{%- endmacro %}

{#- An order that stands still under an open hold of one kind. Needs the imports `orders` and `holds`; gives `found`. -#}
{% macro open_hold(kind_code) -%}
{{ open_holds(kind_code) }},

-- A hold on a cancelled order holds nothing up.
found as (
    select
        orders.order_id as subject_id,
        orders.thread_id,
        orders.order_id,
        orders.source_partner_id as partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        coalesce(open_holds.opened_at, orders.ordered_at) as since_at,
        jsonb_build_object(
            'holds', open_holds.open_holds,
            'fulfillment_status_code', orders.fulfillment_status_code,
            'customer_tier', orders.customer_tier,
            'promised_at', orders.promised_at
        ) as evidence
    from open_holds
    join orders on orders.order_id = open_holds.order_id
    where orders.fulfillment_status_code is distinct from 'cancelled'
)
{%- endmacro %}
