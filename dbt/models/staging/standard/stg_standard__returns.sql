-- A time that the partner does not give is the one at which it first said so. Of its reasons only mapped ones go on: what
-- people write there may name somebody.
with

versions as (
    select * from {{ fit_record_versions('standard.returns') }} as r
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
        p."order_ref" as order_ref,
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
        coalesce(r.changed_at, r.landed_at) as stated_at,
        r.changed_at
    from versions as r
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

first_said as (
    select
        feed_id,
        native_id,
        min(stated_at) filter (where return_status_code = 'authorised' and authorised_at is null) as authorised_at,
        min(stated_at) filter (where return_status_code = 'received' and received_at is null) as received_at,
        min(stated_at) filter (where return_status_code = 'refunded' and refunded_at is null) as refunded_at
    from read
    group by feed_id, native_id
),

newest as (
    select distinct on (feed_id, native_id) *
    from read
    order by feed_id, native_id, changed_at desc nulls last, record_id desc
),

-- What was said once and is not taken back, by a status that comes before it, stands.
final as (
    select
        n.feed_id,
        n.native_id,
        n.record_id,
        n.partner_id,
        n.return_identifier,
        n.order_identifier,
        n.return_ref,
        n.order_ref,
        case when n.order_identifier like '%/sales\_order/%' then {{ sap_number('n.line_number') }} else n.line_number end as line_number,
        n.sku,
        n.uom_code,
        n.reason_code,
        n.return_status_code,
        n.return_qty,
        n.requested_at,
        coalesce(n.authorised_at, case when n.return_status_code <> 'requested' then f.authorised_at end) as authorised_at,
        coalesce(n.received_at, case when n.return_status_code in ('received', 'refunded', 'closed') then f.received_at end) as received_at,
        coalesce(n.refunded_at, case when n.return_status_code in ('refunded', 'closed') then f.refunded_at end) as refunded_at,
        n.stated_at
    from newest as n
    join first_said as f on f.feed_id = n.feed_id and f.native_id = n.native_id
)

select * from final
