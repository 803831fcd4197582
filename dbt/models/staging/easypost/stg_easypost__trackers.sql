-- Of who signed, only whether anybody did: the name stays in what was received.
with

records as (
    select * from {{ fit_records('easypost.trackers') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'tracker', 'p."id"') }} as tracker_identifier,
        {{ tracking_identifier('p."tracking_code"') }} as tracking_identifier,
        {{ our_code('easypost', 'carrier', 'r.partner_id', 'p."carrier"') }} as carrier_code,
        nullif(p."carrier_detail" ->> 'service', '') as service_code,
        {{ our_code('easypost', 'tracker_status', 'r.partner_id', 'p."status"') }} as shipment_status_code,
        {{ instant('p."est_delivery_date"') }} as estimated_delivery_at,
        d.delivered_at,
        {{ postal_code("d.place ->> 'zip'") }} as delivered_postal_code,
        {{ country_code("d.place ->> 'country'") }} as delivered_country_code,
        coalesce(trim(p."signed_by"), '') <> '' as is_signed,
        coalesce({{ instant('p."updated_at"') }}, r.changed_at) as updated_at,
        r.changed_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "id" text,
        "tracking_code" text,
        "carrier" text,
        "carrier_detail" jsonb,
        "status" text,
        "est_delivery_date" text,
        "updated_at" text,
        "signed_by" text,
        "tracking_details" jsonb
    )
    left join lateral (
        select {{ instant('i."datetime"') }} as delivered_at, i."tracking_location" as place
        from {{ elements('p."tracking_details"') }} as e (item, part)
        cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
            "status" text,
            "tracking_location" jsonb,
            "datetime" text
        )
        where {{ our_code('easypost', 'tracker_status', 'r.partner_id', 'i."status"') }} = 'delivered'
            and {{ part_is_fit('r.record_id', "'details/' || e.part") }}
        order by {{ instant('i."datetime"') }} desc nulls last, e.part desc
        limit 1
    ) as d on true
)

select * from final
