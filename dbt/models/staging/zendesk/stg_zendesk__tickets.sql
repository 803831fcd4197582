with

records as (
    select * from {{ fit_records('zendesk.tickets') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'ticket', 'p."id"') }} as ticket_identifier,
        p."id" as ticket_ref,
        nullif(trim(p."external_id"), '') as external_ref,
        p."subject" as subject,
        {{ our_code('zendesk', 'ticket_status', 'r.partner_id', 'p."status"') }} as status_code,
        {{ instant('p."created_at"') }} as opened_at,
        {{ instant('p."updated_at"') }} as updated_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "id" text,
        "external_id" text,
        "subject" text,
        "status" text,
        "created_at" text,
        "updated_at" text
    )
)

select * from final
