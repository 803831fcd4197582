-- Every set of every interchange, whatever its type. The order it speaks of is told where the set names one.
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
        {{ identifier('r.partner_id', 'edi_set', 'r.native_id') }} as edi_set_identifier,
        p."set" ->> 'type' as document_type,
        p."interchange" ->> 'control_number' as interchange_control_number,
        p."group" ->> 'control_number' as group_control_number,
        p."set" ->> 'control_number' as set_control_number,
        p."envelope" ->> 'verdict' as envelope_verdict,
        p."syntax" ->> 'verdict' as syntax_verdict,
        p."business" ->> 'verdict' as business_verdict,
        {{ identifier('r.partner_id', 'order', "trim(coalesce(p.\"order\", p.\"response\") ->> 'po_number')") }} as order_identifier,
        case
            when p."acknowledgement" is not null
                then {{ identifier('r.partner_id', 'outbound_group', "ltrim(p.\"acknowledgement\" ->> 'group_control_number', '0')") }}
        end as outbound_group_identifier,
        {{ x12_at('p."interchange" ->> \'date\'', 'p."interchange" ->> \'time\'', zone_of('r.partner_id')) }} as sent_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "kind" text,
        "interchange" jsonb,
        "group" jsonb,
        "set" jsonb,
        "envelope" jsonb,
        "syntax" jsonb,
        "business" jsonb,
        "order" jsonb,
        "response" jsonb,
        "acknowledgement" jsonb
    )
    where p."kind" = 'transaction_set'
)

select * from final
