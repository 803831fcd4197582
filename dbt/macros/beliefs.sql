{#- For a lateral join: the first belief of `status_beliefs as b` (an import of the model) for which `where` holds. -#}
{% macro first_belief(where) -%}
(
        select b.believed_by, b.valid_at
        from status_beliefs as b
        where {{ where }}
        order by b.valid_at
        limit 1
    )
{%- endmacro %}
