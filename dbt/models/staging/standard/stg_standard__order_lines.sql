with

records as (
    select * from {{ fit_records('standard.order_lines') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name('p."order_ref"')) }} as order_identifier,
        {{ identifier('r.partner_id', 'order_line', order_name('p."order_ref"')) }} || '/' || p."line_number" as line_identifier,
        p."line_number" as line_number,
        p."sku" as partner_sku,
        {{ own_or_our_code('sku', 'r.partner_id', 'p."sku"') }} as sku,
        coalesce({{ own_or_our_code('uom', 'r.partner_id', 'p."uom_code"') }}, 'EA') as uom_code,
        {{ own_or_our_code('warehouse', 'r.partner_id', 'p."warehouse_code"') }} as warehouse_code,
        nullif(p."currency_code", '') as currency_code,
        {{ quantity('p."ordered_qty"') }} as ordered_qty,
        {{ quantity('p."confirmed_qty"') }} as confirmed_qty,
        {{ quantity('p."shipped_qty"') }} as shipped_qty,
        {{ quantity('p."cancelled_qty"') }} as cancelled_qty,
        {{ amount('p."unit_price_amount"') }} as unit_price_amount,
        {{ amount('p."freight_amount"') }} as freight_amount,
        {{ instant('p."handover_due_at"') }} as handover_due_at,
        r.changed_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "order_ref" text,
        "line_number" text,
        "sku" text,
        "uom_code" text,
        "warehouse_code" text,
        "currency_code" text,
        "ordered_qty" text,
        "confirmed_qty" text,
        "shipped_qty" text,
        "cancelled_qty" text,
        "unit_price_amount" text,
        "freight_amount" text,
        "handover_due_at" text
    )
)

select * from final
