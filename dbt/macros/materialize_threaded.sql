{#-
    `threaded`: a table whose rows belong to a thread (an order, a position, a partner) and change with it.

    Config: `unique_key` (list, also the primary key), `keyed_by` (default ['thread_id']: what a lane deletes and
    inserts by), `indexes` as in dbt.

    Scope touched: the rows of the touched keys are deleted and made anew, in one transaction. A table that is missing
    or whose columns have changed is an error there: only scope all can make it.
    Scope all: the whole is computed beside the table and only the differences are applied. Nobody ever meets a missing
    or empty table, and each difference is counted in ops.lane_drift: the full rebuild checks the lanes.
    Both hold the lane lock, so that neither overtakes the other.
-#}
{% materialization threaded, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set keyed_by = config.get('keyed_by', ['thread_id']) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
    {%- do run_query(take_lane_lock()) -%}
    {%- if in_touched_scope() -%}
        {%- call statement('main') -%} {{ renew_touched(target_relation, sql, keyed_by) }} {%- endcall -%}
    {%- elif existing is none or not existing.is_table or not same_columns(existing, sql) -%}
        {%- call statement('main') -%} {{ create_threaded(target_relation, existing, sql) }} {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {%- call statement('main') -%} {{ apply_differences(target_relation, sql) }} {%- endcall -%}
    {%- endif -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke=False) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The lane lock: crossdock.lanes takes the same one. -#}
{% macro take_lane_lock() -%}select pg_advisory_xact_lock(hashtext('crossdock lane')){%- endmacro %}

{% macro key_list(columns, prefix='') -%}
    {%- for column in columns -%}{{ prefix }}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro same_columns(existing, sql) -%}
    {%- set have = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
    {%- set want = get_column_schema_from_query(sql) | map(attribute='name') | list -%}
    {{ return(have == want) }}
{%- endmacro %}

{% macro create_threaded(relation, existing, sql) -%}
    {% if existing is not none %}drop {{ existing.type }} {{ existing }} cascade;{% endif %}
    create table {{ relation }} as ({{ sql }}
    );
    {% if config.get('unique_key') -%}
    alter table {{ relation }} add primary key ({{ key_list(config.get('unique_key')) }});
    {%- endif %}
    analyze {{ relation }};
{%- endmacro %}

{% macro renew_touched(relation, sql, keyed_by) -%}
    {%- set keys = 'touched_threads' if keyed_by == ['thread_id'] else 'touched_objects' -%}
    create temp table renewed on commit drop as ({{ sql }}
    );
    {{ refuse_other_columns('renewed', relation) }}
    delete from {{ relation }} as t using {{ scratch(keys) }} as k
    where {% for column in keyed_by %}t.{{ column }} = k.{{ column }}{{ ' and ' if not loop.last }}{% endfor %};
    insert into {{ relation }} select * from renewed;
{%- endmacro %}

{#- Ends the transaction unless both have the same columns, of the same types, in the same order. -#}
{% macro refuse_other_columns(made, relation) -%}
    do $check$
    begin
        if {{ columns_of(made) }} is distinct from {{ columns_of(relation) }} then
            raise exception 'the columns of {{ relation }} have changed'
                using hint = 'make it anew from everything that is known: crossdock dbt run';
        end if;
    end $check$;
{%- endmacro %}

{% macro columns_of(relation) -%}
(select array_agg(attname || ' ' || atttypid::regtype order by attnum) from pg_attribute
            where attrelid = '{{ relation }}'::regclass and attnum > 0 and not attisdropped)
{%- endmacro %}

{% macro apply_differences(relation, sql) -%}
    {%- set unique_key = config.require('unique_key') -%}
    create temp table rebuilt on commit drop as ({{ sql }}
    );
    create temp table missing on commit drop as (select * from rebuilt except all select * from {{ relation }});
    create temp table extra on commit drop as (select * from {{ relation }} except all select * from rebuilt);
    insert into {{ source('ops', 'lane_drift') }} (model, missing_count, extra_count)
    select '{{ this.identifier }}', m.n, e.n
    from (select count(*) as n from missing) as m, (select count(*) as n from extra) as e
    where m.n + e.n > 0;
    delete from {{ relation }} as t using extra as x
    where {% for column in unique_key %}t.{{ column }} = x.{{ column }}{{ ' and ' if not loop.last }}{% endfor %};
    insert into {{ relation }} select * from missing;
{%- endmacro %}
