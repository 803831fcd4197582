{#-
    Views are replaced in place: dbt's own view materialization drops what depends on them at each build, and a reader
    would meet a missing relation. Where the columns changed in a way Postgres cannot replace, the view and its
    dependants are made anew in one transaction.

    In scope touched nothing is replaced: a staging model fills its scratch table instead, any other view stands as is.
-#}
{% materialization view, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if in_touched_scope() -%}
        {%- set is_scratch = model.schema == 'staging' -%}
        {%- call statement('main') -%}
            {%- if is_scratch %} {{ fill_scratch(sql) }} {%- else %} select 1 {%- endif -%}
        {%- endcall -%}
    {%- else -%}
        {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
        {%- call statement('main') -%}
            {%- if existing is not none and not existing.is_view %} drop table {{ existing }} cascade; {% endif %}
            {{ replace_view(target_relation, sql) }}
        {%- endcall -%}
        {%- do apply_grants(target_relation, config.get('grants'), should_revoke=False) -%}
        {%- do persist_docs(target_relation, model) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro replace_view(relation, sql) -%}
do $replace$
begin
    execute $view$create or replace view {{ relation }} as ({{ sql }}
    )$view$;
exception when invalid_table_definition or wrong_object_type then
    execute 'drop view if exists {{ relation }} cascade';
    execute $view$create view {{ relation }} as ({{ sql }}
    )$view$;
end $replace$;
{%- endmacro %}

{#- The lane's own copy of a staging model: only the touched objects, analysed. -#}
{% macro fill_scratch(sql) -%}
create unlogged table if not exists {{ scratch(this.identifier) }} as select * from {{ this }} with no data;
truncate {{ scratch(this.identifier) }};
insert into {{ scratch(this.identifier) }} {{ sql }};
analyze {{ scratch(this.identifier) }};
{%- endmacro %}
