{#- CCYYMMDD or YYMMDD and HHMM or HHMMSS, in the partner's zone; null for what is no such time. -#}
{% macro x12_at(day, time, zone) -%}
({{ instant("substring(" ~ day ~ " from '^[0-9]{6}(?:[0-9]{2})?$') || ' ' || coalesce(substring(" ~ time ~ " from '^(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?'), '0000') || ' UTC'") }}
    at time zone 'UTC' at time zone {{ zone }})
{%- endmacro %}
