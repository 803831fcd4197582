{#- At most one row per exception code and subject: the key of an open detection. -#}
{% test one_row_per_code_and_subject(model) %}

select
    exception_code,
    subject_id,
    count(*) as rows_count
from {{ model }}
group by exception_code, subject_id
having count(*) > 1

{% endtest %}
