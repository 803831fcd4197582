{#-
    The one shape of an exception view, and the one place that decides when a candidate counts.

    `rows` is a CTE with: subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, since_at, evidence.
    The code is the file's name; due_at = since_at + the catalogue's grace, unless the CTE has a due_at of its own
    (`own_due=true`). `waits_for` lists the roles ('erp', 'warehouse', 'carrier', 'shop', 'edi') whose polled feeds must
    have been read past due_at before the absence of something may be concluded: a feed of ours that lags never accuses
    a partner. Where it depends on the row, the CTE has a waits_for (text[]) of its own (`own_waits=true`).

    Scope all: only what counts now. Scope touched: every candidate; the lane keeps the later ones in ops.due_times.
-#}
{% macro exception_rows(rows, waits_for=[], own_due=false, own_waits=false) -%}
{%- set code = (model.tested_node_unique_id or model.unique_id).split('.')[-1] | replace('exc_', '', 1) -%}
candidates as (
    select
        '{{ code }}' as exception_code,
        c.subject_id,
        c.thread_id,
        c.order_id,
        c.partner_id,
        c.warehouse_code,
        c.carrier_code,
        c.since_at,
        {% if own_due -%} c.due_at {%- else -%} c.since_at + k.grace {%- endif %} as due_at,
        {% if own_waits -%} c.waits_for
        {%- else -%} array[{% for role in waits_for %}'{{ role }}'{{ ', ' if not loop.last }}{% endfor %}]::text[] as waits_for
        {%- endif %},
        c.evidence
    from {{ rows }} as c
    join {{ source('ref', 'exception_catalogue') }} as k on k.exception_code = '{{ code }}'
),

final as (
    select candidates.*
    from candidates
    {%- if not in_touched_scope() %}
    where candidates.due_at <= (select ref.as_of()){% if waits_for or own_waits %} and {{ has_been_read('candidates') }}{% endif %}
    {%- endif %}
)
{%- endmacro %}

{#- True when every polled feed of the awaited roles has been read past the candidate's due_at. -#}
{% macro has_been_read(candidate) -%}
not exists (
    select from {{ ref('feed_horizons') }} as h
    where h.role_code = any({{ candidate }}.waits_for)
        and coalesce(h.read_through_at, '-infinity') < {{ candidate }}.due_at
)
{%- endmacro %}
