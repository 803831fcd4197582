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
        "updated_at" text
    )
)

select * from final
