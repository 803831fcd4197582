{#- SAP's OData v2 wire formats. -#}

{#- `/Date(1492041600000)/` or `/Date(1492041600000+0000)/`, milliseconds since 1970 in UTC; null for anything else. -#}
{% macro sap_instant(value) -%}
to_timestamp(substring({{ value }} from '^/Date\((-?[0-9]{1,15})')::bigint / 1000.0)
{%- endmacro %}

{#- The calendar day that SAP means by a DateTime without a time: it is written as midnight UTC, whatever the zone. -#}
{% macro sap_date(value) -%}
({{ sap_instant(value) }} at time zone 'UTC')::date
{%- endmacro %}

{#- The start of a day in the zone of the place. -#}
{% macro sap_date_at(day, zone) -%}
({{ sap_date(day) }}::timestamp at time zone {{ zone }})
{%- endmacro %}

{#- A day and a time of day (`PT13H20M00S`) are two fields, both in the zone of the place; no time means its midnight. -#}
{% macro sap_at(day, time, zone) -%}
(({{ sap_date(day) }} + coalesce(substring({{ time }} from '^PT(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?$'), 'PT0S')::interval) at time zone {{ zone }})
{%- endmacro %}

{#- The rows of an expanded navigation property. -#}
{% macro sap_results(entity, property) -%}
{{ entity }} #> '{ {{- property }},results}'
{%- endmacro %}

{#- SAP pads its numbers with zeros on some faces and not on others. -#}
{% macro sap_number(value) -%}
ltrim({{ value }}, '0')
{%- endmacro %}
