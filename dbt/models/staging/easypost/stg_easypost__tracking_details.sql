-- The details of every version of a tracker: the newest says what happened, the first that had it when we learnt it.
with

records as (
    select * from {{ fit_record_versions('easypost.trackers') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'tracker', "r.payload ->> 'id'") }} as tracker_identifier,
        {{ tracking_identifier("r.payload ->> 'tracking_code'") }} as tracking_identifier,
        {{ our_code('easypost', 'tracker_status', 'r.partner_id', 'i."status"') }} as event_code,
        nullif(concat_ws(', ', i."tracking_location" ->> 'city', i."tracking_location" ->> 'state'), '') as location_code,
        {{ instant('i."datetime"') }} as occurred_at,
        r.landed_at
    from records as r
    cross join lateral {{ elements("r.payload -> 'tracking_details'") }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i (
        "status" text,
        "tracking_location" jsonb,
        "datetime" text
    )
    where {{ part_is_fit('r.record_id', "'details/' || e.part") }}
)

select * from final
