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
        coalesce(r.payload ->> 'eventID', r.native_id) as event_id,
        e.part as quantity_number,
        {{ our_code('epcis', 'sku', 'r.partner_id', 'i."epcClass"') }} as sku,
        {{ our_code('epcis', 'uom', 'r.partner_id', 'coalesce(i."uom", \'EA\')') }} as uom_code,
        {{ quantity('i."quantity"') }} as event_qty
    from records as r
    cross join lateral {{ elements("coalesce(r.payload -> 'quantityList', '[]') || coalesce(r.payload -> 'childQuantityList', '[]')") }} as e (item, part)
    cross join lateral jsonb_to_record({{ json_object('e.item') }}) as i ("epcClass" text, "quantity" text, "uom" text)
    where r.payload -> 'errorDeclaration' is null
        and {{ part_is_fit('r.record_id', "'quantities/' || e.part") }}
)

select * from final
