{#-
    What staging reads: records of one feed type that passed their contract.

    A record is unfit while it waits to be judged (raw.pending_records), while it is quarantined as a whole, and once its
    object was deleted at its source (raw.gone).
    Columns: record_id, feed_id, partner_id, native_id, payload, changed_at, landed_at.
-#}
{% macro fit_record_versions(feed_type) -%}
(
    select r.record_id, r.feed_id, f.partner_id, r.native_id, r.payload, r.changed_at, r.landed_at
    {% if in_touched_scope() -%}
    from {{ scratch('touched_objects') }} as o
    join {{ source('raw', 'records') }} as r on r.feed_id = o.feed_id and r.native_id = o.native_id
    join {{ source('ref', 'feeds') }} as f on f.feed_id = o.feed_id
    where o.feed_type = '{{ feed_type }}'
    {%- else -%}
    from {{ source('raw', 'records') }} as r
    join {{ source('ref', 'feeds') }} as f on f.feed_id = r.feed_id
    where f.feed_type = '{{ feed_type }}'
    {%- endif %}
        and not exists (select from {{ source('raw', 'pending_records') }} as p where p.record_id = r.record_id)
        and not exists (
            select from {{ source('ops', 'quarantine') }} as q
            where q.record_id = r.record_id and q.part = '' and q.state in ('open', 'superseded', 'discarded')
        )
        and not exists (
            select from {{ source('raw', 'gone') }} as g where g.feed_id = r.feed_id and g.native_id = r.native_id
        )
)
{%- endmacro %}

{#- The newest fit version of each object: by the source's own time, then by arrival. -#}
{% macro fit_records(feed_type) -%}
(
    select distinct on (v.feed_id, v.native_id) v.*
    from {{ fit_record_versions(feed_type) }} as v
    order by v.feed_id, v.native_id, v.changed_at desc nulls last, v.record_id desc
)
{%- endmacro %}

{#- Whether a part of a record, as in 'lines/2', may flow: true unless that part is set aside. -#}
{% macro part_is_fit(record_id, part) -%}
not exists (
    select from {{ source('ops', 'quarantine') }} as q
    where q.record_id = {{ record_id }} and q.part = {{ part }} and q.state in ('open', 'superseded', 'discarded')
)
{%- endmacro %}

{#- Our code for a partner's code, as it was mapped when the record (r) came to be; null where nobody mapped it. The partner's own row wins over '*'. -#}
{% macro our_code(system_type, kind, partner_id, their_code, at='coalesce(r.changed_at, r.landed_at)') -%}
(
    select m.our_code
    from {{ source('ref', 'code_map') }} as m
    where m.kind = '{{ kind }}'
        and m.their_code = {{ their_code }}
        and m.system_type = '{{ system_type }}'
        and m.partner_id in ({{ partner_id }}, '*')
        and m.valid_from <= {{ at }} and {{ at }} < m.valid_to
    order by (m.partner_id = '*')
    limit 1
)
{%- endmacro %}

{#- A tier of ref.customer_tiers; 'unknown' where the partner names one that is not on it, null where it names none. -#}
{% macro customer_tier(our_code, their_code) -%}
case
    when coalesce(trim({{ their_code }}), '') = '' then null
    else coalesce(
        (
            select t.customer_tier
            from {{ source('ref', 'customer_tiers') }} as t
            where t.customer_tier = lower(trim({{ our_code }}))
        ),
        'unknown'
    )
end
{%- endmacro %}
