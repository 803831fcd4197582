with

records as (
    select * from {{ fit_records('x12.interchanges') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'edi_interchange', 'r.native_id') }} as interchange_identifier,
        p."interchange" ->> 'control_number' as interchange_control_number,
        p."envelope" ->> 'verdict' as envelope_verdict,
        {{ x12_at('p."interchange" ->> \'date\'', 'p."interchange" ->> \'time\'', zone_of('r.partner_id')) }} as sent_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "kind" text,
        "interchange" jsonb,
        "envelope" jsonb
    )
    where p."kind" = 'interchange'
)

select * from final
