-- An event that its warehouse has since declared an error is void and not here.
with

records as (
    select * from {{ fit_records('epcis.events') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        coalesce(p."eventID", r.native_id) as event_id,
        {{ our_code('epcis', 'biz_step', 'r.partner_id', last_word('p."bizStep"')) }} as event_code,
        {{ our_code('epcis', 'warehouse', 'r.partner_id', "coalesce(p.\"bizLocation\" ->> 'id', p.\"readPoint\" ->> 'id')") }} as warehouse_code,
        t.delivery_ref,
        t.return_ref,
        {{ tracking_identifier('t.tracking_number') }} as tracking_identifier,
        {{ instant('p."eventTime"') }} as occurred_at,
        coalesce({{ instant('p."recordTime"') }}, {{ instant('p."eventTime"') }}) as recorded_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "eventID" text,
        "bizStep" text,
        "bizLocation" jsonb,
        "readPoint" jsonb,
        "bizTransactionList" jsonb,
        "eventTime" text,
        "recordTime" text,
        "errorDeclaration" jsonb
    )
    cross join lateral (
        select
            max({{ sap_number(last_word('b."bizTransaction"')) }})
                filter (where {{ last_word('b."type"') }} = 'desadv') as delivery_ref,
            max({{ last_word('b."bizTransaction"') }})
                filter (where {{ last_word('b."type"') }} = 'bol') as tracking_number,
            max({{ last_word('b."bizTransaction"') }})
                filter (where {{ last_word('b."type"') }} = 'rma') as return_ref
        from {{ elements('p."bizTransactionList"') }} as e (item, part)
        cross join lateral jsonb_to_record({{ json_object('e.item') }}) as b ("type" text, "bizTransaction" text)
    ) as t
    where p."errorDeclaration" is null
)

select * from final
