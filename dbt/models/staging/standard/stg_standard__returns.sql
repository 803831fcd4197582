-- A time that the partner does not give is the one at which it came to say so. Of its reasons only mapped ones go on: what
-- people write there may name somebody.
with

records as (
    select * from {{ fit_records('standard.returns') }} as r
),

read as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'return', 'p."return_ref"') }} as return_identifier,
        {{ named_order('r.partner_id', 'p."order_ref"') }} as order_identifier,
        p."return_ref" as return_ref,
        p."line_number" as line_number,
        {{ own_or_our_code('sku', 'r.partner_id', 'p."sku"') }} as sku,
        coalesce({{ own_or_our_code('uom', 'r.partner_id', 'p."uom_code"') }}, 'EA') as uom_code,
        {{ our_code('standard', 'return_reason', 'r.partner_id', 'p."reason_code"') }} as reason_code,
        {{ own_or_our_code('return_status', 'r.partner_id', 'p."status"') }} as return_status_code,
        {{ quantity('p."return_qty"') }} as return_qty,
        {{ instant('p."requested_at"') }} as requested_at,
        {{ instant('p."authorised_at"') }} as authorised_at,
        {{ instant('p."received_at"') }} as received_at,
        {{ instant('p."refunded_at"') }} as refunded_at,
        coalesce(r.changed_at, r.landed_at) as stated_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "return_ref" text,
        "order_ref" text,
        "line_number" text,
        "sku" text,
        "uom_code" text,
        "return_qty" text,
        "reason_code" text,
        "status" text,
        "requested_at" text,
        "authorised_at" text,
        "received_at" text,
        "refunded_at" text
    )
),

final as (
    select
        feed_id,
        native_id,
        record_id,
        partner_id,
        return_identifier,
        order_identifier,
        return_ref,
        line_number,
        sku,
        uom_code,
        reason_code,
        return_status_code,
        return_qty,
        requested_at,
        coalesce(authorised_at, case return_status_code when 'authorised' then stated_at end) as authorised_at,
        coalesce(received_at, case return_status_code when 'received' then stated_at end) as received_at,
        coalesce(refunded_at, case return_status_code when 'refunded' then stated_at end) as refunded_at,
        stated_at
    from read
)

select * from final
