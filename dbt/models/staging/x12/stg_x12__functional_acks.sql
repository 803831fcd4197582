-- What the partner says of what we sent: a row for a group and for each of its sets (997, 999), and for a TA1.
with

records as (
    select * from {{ fit_records('x12.interchanges') }} as r
),

read as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        p.*,
        {{ x12_at('p."interchange" ->> \'date\'', 'p."interchange" ->> \'time\'', zone_of('r.partner_id')) }} as sent_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "interchange" jsonb,
        "acknowledgement" jsonb,
        "reports" jsonb
    )
),

of_groups as (
    select
        read.*,
        '997' as ack_type,
        null::text as acked_interchange,
        ltrim("acknowledgement" ->> 'group_control_number', '0') as acked_group,
        null::text as acked_set,
        "acknowledgement" ->> 'status' as ack_status,
        "acknowledgement" ->> 'codes' as reason
    from read
    where "acknowledgement" is not null
),

of_sets as (
    select
        read.*,
        '997' as ack_type,
        null::text as acked_interchange,
        ltrim("acknowledgement" ->> 'group_control_number', '0') as acked_group,
        ltrim(e.item ->> 'control_number', '0') as acked_set,
        e.item ->> 'status' as ack_status,
        coalesce(e.item ->> 'errors', e.item ->> 'codes') as reason
    from read
    cross join lateral {{ elements("\"acknowledgement\" -> 'sets'") }} as e (item, part)
),

of_interchanges as (
    select
        read.*,
        'TA1' as ack_type,
        ltrim(e.item ->> 'interchange_control_number', '0') as acked_interchange,
        null::text as acked_group,
        null::text as acked_set,
        e.item ->> 'status' as ack_status,
        e.item ->> 'note_code' as reason
    from read
    cross join lateral {{ elements('"reports"') }} as e (item, part)
),

united as (
    select * from of_groups
    union all
    select * from of_sets
    union all
    select * from of_interchanges
),

final as (
    select
        feed_id,
        native_id,
        record_id,
        partner_id,
        {{ identifier('partner_id', 'edi_interchange', 'native_id') }} as interchange_identifier,
        {{ identifier('partner_id', 'outbound_interchange', 'acked_interchange') }} as outbound_interchange_identifier,
        ack_type,
        acked_interchange,
        acked_group,
        acked_set,
        ack_status,
        nullif(reason, '[]') as reason,
        coalesce(sent_at, changed_at) as acknowledged_at,
        landed_at
    from united
)

select * from final
