{#- What an object is called across systems: '<partner>/<kind>/<value>'. Null where there is no value. -#}
{% macro identifier(partner_id, kind, value) -%}
{{ partner_id }} || '/{{ kind }}/' || nullif({{ value }}, '')
{%- endmacro %}

{#- A parcel's number is known to everybody by itself, whoever issued it. -#}
{% macro tracking_identifier(value) -%}
'tracking/' || nullif(upper(regexp_replace({{ value }}, '\s', '', 'g')), '')
{%- endmacro %}

{#- A shop writes '#1001' to people and '1001' to machines. -#}
{% macro order_name(value) -%}
nullif(ltrim(trim({{ value }}), '#'), '')
{%- endmacro %}

{#-
    Casts that never stop a lane: the contract says whether a value is fit, and sets the part aside if not; but Postgres
    may compute a cast before it has filtered that part out. Null for what is no such value.
-#}
{% macro quantity(value) -%}
case when pg_input_is_valid({{ value }}, 'numeric(18,4)') then ({{ value }})::numeric(18, 4) end
{%- endmacro %}

{% macro amount(value) -%} {{ quantity(value) }} {%- endmacro %}

{% macro instant(value) -%}
case when pg_input_is_valid({{ value }}, 'timestamptz') then ({{ value }})::timestamptz end
{%- endmacro %}

{#- A postal code as it is compared: capital letters and digits, of a nine-digit ZIP the first five. -#}
{% macro postal_code(value) -%}
nullif(regexp_replace(regexp_replace(upper({{ value }}), '[^A-Z0-9]', '', 'g'), '^([0-9]{5})[0-9]{4}$', '\1'), '')
{%- endmacro %}

{#- ISO 3166's two letters; null for anything else. -#}
{% macro country_code(value) -%}
substring(upper({{ value }}) from '^[A-Z]{2}$')
{%- endmacro %}

{#- The zone a partner writes its local times in. -#}
{% macro zone_of(partner_id) -%}
(select p.time_zone from {{ source('ref', 'partners') }} as p where p.partner_id = {{ partner_id }})
{%- endmacro %}

{#- The status that is furthest on its way among several that a system states at once. -#}
{% macro furthest(axis, codes) -%}
(
    select s.status_code
    from {{ source('ref', 'statuses') }} as s
    where s.axis = '{{ axis }}' and s.status_code in ({{ codes | join(', ') }})
    order by s.rank desc nulls last
    limit 1
)
{%- endmacro %}

{#- GS1 writes one word three ways: `picking`, `urn:epcglobal:cbv:bizstep:picking`, `https://ref.gs1.org/cbv/BizStep-picking`. -#}
{% macro last_word(value) -%}
regexp_replace({{ value }}, '^.*(:|/(BizStep|BTT|Disp)-|/)', '')
{%- endmacro %}

{#- The order a thread is about; null for the threads of stock, of partners and of what has not found its order yet. -#}
{% macro order_of(thread_id) -%}
case when {{ thread_id }} ~ '^[^/]+/(order|sales_order)/' then {{ thread_id }} end
{%- endmacro %}

{#- The partner whose numbers a warehouse or a service desk uses: its own setting `orders_from`, else itself. -#}
{% macro orders_from(partner_id) -%}
(select coalesce(p.settings ->> 'orders_from', p.partner_id) from {{ source('ref', 'partners') }} as p where p.partner_id = {{ partner_id }})
{%- endmacro %}

{#- The order that a partner names, in its own numbers or in those of `orders_from`. Null for an empty number. Name the columns with their table. -#}
{% macro named_order(partner_id, order_ref) -%}
(
    select numbering.partner_id || case numbering.system_type
        when 'sap_s4' then '/sales_order/' || nullif({{ sap_number(order_ref) }}, '')
        else '/order/' || {{ order_name(order_ref) }}
    end
    from {{ source('ref', 'partners') }} as naming
    join {{ source('ref', 'partners') }} as numbering
        on numbering.partner_id = coalesce(naming.settings ->> 'orders_from', naming.partner_id)
    where naming.partner_id = {{ partner_id }}
)
{%- endmacro %}

{#- The return that a warehouse names, in the numbers of its setting `returns_from`. Null without one. -#}
{% macro named_return(partner_id, return_ref) -%}
(
    select naming.settings ->> 'returns_from' || '/return/' || nullif({{ return_ref }}, '')
    from {{ source('ref', 'partners') }} as naming
    where naming.partner_id = {{ partner_id }}
)
{%- endmacro %}

{% macro role_of(partner_id) -%}
(select p.role_code from {{ source('ref', 'partners') }} as p where p.partner_id = {{ partner_id }})
{%- endmacro %}

{#- The elements of a JSON array with their place, counted from 1 as the contract does; none where it is no array. -#}
{% macro elements(array) -%}
jsonb_array_elements(case when jsonb_typeof({{ array }}) = 'array' then {{ array }} else '[]' end) with ordinality
{%- endmacro %}

{#- A payload or element that is no object has no fields. -#}
{% macro json_object(value) -%}
case when jsonb_typeof({{ value }}) = 'object' then {{ value }} else '{}' end
{%- endmacro %}

{#- Standard feeds may speak our codes; what has no map is one of ours, or the contract has set it aside. -#}
{% macro own_or_our_code(kind, partner_id, their_code) -%}
coalesce({{ our_code('standard', kind, partner_id, their_code) }}, nullif({{ their_code }}, ''))
{%- endmacro %}

{#- A line's share of what was moved of its item; `line` has qty_before, is_last and its own quantity, `qty`. -#}
{% macro share_of(moved, line, qty='delivery_qty') -%}
greatest(0, case
    when {{ line }}.is_last then coalesce({{ moved }}, 0) - coalesce({{ line }}.qty_before, 0)
    else least({{ line }}.{{ qty }}, coalesce({{ moved }}, 0) - coalesce({{ line }}.qty_before, 0))
end)
{%- endmacro %}
