{#-
    One set of models, two lanes.

    Every import CTE of staging, canonical and exceptions reads `{{ touched(ref('x')) }}` or
    `{{ touched(source('raw', 'records')) }}`; a bare `ref` there is refused by the architecture tests.
    In scope `all` that is the relation itself. In scope `touched` it is the same rows, but only for the keys in the
    lane's scratch tables, filtered *inside* the CTE, where Postgres can use an index:

        touched_objects (feed_id, native_id, feed_type)   objects of the sources, for staging and identifier_links
        touched_threads (thread_id)                       orders, positions, partners, for canonical and exceptions
        <staging model>                                   filled once by the lane from the model's own compiled SQL
-#}
{% macro scratch(name) -%}{{ var('scratch') }}.{{ name }}{%- endmacro %}

{% macro in_touched_scope() -%}{{ return(var('scope') == 'touched') }}{%- endmacro %}

{% macro touched(relation) -%}
    {%- if not in_touched_scope() -%}
        {{ relation }}
    {%- elif relation.schema == 'staging' -%}
        {{ scratch(relation.identifier) }}
    {%- elif relation.identifier in ('records', 'identifier_links', 'quarantine') -%}
        (select t.* from {{ relation }} as t join {{ scratch('touched_objects') }} as o using (feed_id, native_id))
    {%- elif relation.schema in ('canonical', 'exceptions', 'marts') -%}
        (select t.* from {{ relation }} as t join {{ scratch('touched_threads') }} as k using (thread_id))
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}

{#-
    For a model whose joins can reach beyond the touched threads (a delivery of two orders): keeps what will be renewed.
    Name the column with its table: the scratch table has a thread_id too.
-#}
{% macro in_touched_threads(thread_id) -%}
    {%- if in_touched_scope() -%}
        exists (select from {{ scratch('touched_threads') }} as k where k.thread_id = {{ thread_id }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
