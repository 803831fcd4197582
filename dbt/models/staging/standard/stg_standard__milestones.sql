-- A milestone of goods belongs to a shipment, of which an order has one unless the partner tells them apart.
with

records as (
    select * from {{ fit_records('standard.milestones') }} as r
),

read as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ order_name('p."order_ref"') }} as order_ref,
        {{ own_or_our_code('milestone', 'r.partner_id', 'p."milestone"') }} as event_code,
        nullif(p."shipment_ref", '') as shipment_ref,
        {{ tracking_identifier('p."tracking_number"') }} as tracking_identifier,
        {{ own_or_our_code('carrier', 'r.partner_id', 'p."carrier_code"') }} as carrier_code,
        nullif(p."location_code", '') as location_code,
        {{ instant('p."occurred_at"') }} as occurred_at,
        r.landed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "order_ref" text,
        "milestone" text,
        "shipment_ref" text,
        "tracking_number" text,
        "carrier_code" text,
        "location_code" text,
        "occurred_at" text
    )
),

final as (
    select
        read.*,
        {{ identifier('partner_id', 'order', 'order_ref') }} as order_identifier,
        {{ identifier('partner_id', 'milestone', 'native_id') }} as milestone_identifier,
        case
            when event_code not in ('accepted', 'validated', 'allocated', 'cancelled', 'completed')
                then {{ identifier('partner_id', 'shipment', 'order_ref') }} || coalesce('/' || shipment_ref, '')
        end as shipment_identifier
    from read
)

select * from final
