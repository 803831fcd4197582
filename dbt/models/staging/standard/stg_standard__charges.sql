with

records as (
    select * from {{ fit_records('standard.charges') }} as r
),

final as (
    select
        r.feed_id,
        r.native_id,
        r.record_id,
        r.partner_id,
        {{ identifier('r.partner_id', 'order', order_name('p."order_ref"')) }} as order_identifier,
        {{ identifier('r.partner_id', 'charge', order_name('p."order_ref"')) }} || '/' || p."charge_ref" as charge_identifier,
        coalesce(nullif(p."kind", ''), 'payment') as kind_code,
        case when p."kind" = 'credit' then -1 else 1 end * {{ amount('p."amount"') }} as amount,
        nullif(p."currency_code", '') as currency_code,
        coalesce({{ instant('p."charged_at"') }}, r.changed_at) as charged_at
    from records as r
    cross join lateral jsonb_to_record({{ json_object('r.payload') }}) as p (
        "order_ref" text,
        "charge_ref" text,
        "kind" text,
        "amount" text,
        "currency_code" text,
        "charged_at" text
    )
)

select * from final
