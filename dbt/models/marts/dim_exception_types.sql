with catalogue as (
    select * from {{ source('ref', 'exception_catalogue') }}
),

final as (
    select
        exception_code,
        title,
        step,
        subject_type,
        severity,
        owner_queue,
        is_time_based,
        extract(epoch from grace)::numeric as grace_seconds,
        default_playbook,
        description
    from catalogue
)

select * from final
