with partners as (
    select * from {{ source('ref', 'partners') }}
),

final as (
    select
        partner_id,
        name,
        system_type,
        role_code,
        criticality,
        owner,
        time_zone,
        is_active
    from partners
)

select * from final
