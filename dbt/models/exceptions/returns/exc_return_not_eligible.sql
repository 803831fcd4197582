with returns as (
    select * from {{ touched(ref('returns')) }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'return_not_eligible'
),

-- What is closed without a refund asks for nothing. Of one order line no more can come back than was sent, all returns of
-- it taken together, the earlier before the later.
claims as (
    select
        returns.*,
        case
            when returns.order_line_id is null then returns.return_qty
            else sum(returns.return_qty) over (
                partition by returns.thread_id, returns.order_line_id order by returns.requested_at, returns.return_line_id
            )
        end as claimed_qty,
        least(
            returns.refunded_at, returns.requested_at + (rule.parameters ->> 'proof_within')::interval
        ) as proof_due_at,
        least(
            least(returns.refunded_at, returns.stated_received_at) + (rule.parameters ->> 'booked_within')::interval,
            returns.authorised_at + (rule.parameters ->> 'sent_back_within')::interval
        ) as receipt_due_at
    from returns
    cross join rule
    where returns.return_status_code is distinct from 'closed' or returns.refunded_at is not null
),

found as (
    select
        claims.return_line_id as subject_id,
        claims.thread_id,
        claims.order_id,
        claims.stated_by as partner_id,
        claims.warehouse_code,
        claims.carrier_code,
        claims.requested_at as since_at,
        unproven.due_at,
        jsonb_build_object(
            'return_ref', claims.return_ref,
            'order_line_id', claims.order_line_id,
            'sku', claims.sku,
            'uom_code', claims.uom_code,
            'missing', unproven.missing,
            'returns', jsonb_build_object(
                'said_by', claims.stated_by, 'status_code', claims.return_status_code, 'reason', claims.reason_code,
                'return_qty', claims.return_qty, 'claimed_qty', claims.claimed_qty, 'requested_at', claims.requested_at,
                'authorised_at', claims.authorised_at, 'received_at', claims.stated_received_at,
                'refunded_at', claims.refunded_at
            ),
            'billing', jsonb_build_object(
                'said_by', claims.billing_stated_by, 'status_code', claims.billing_status_code
            ),
            'transport', jsonb_build_object(
                'shipped_qty', claims.shipped_qty, 'delivered_qty', claims.delivered_qty,
                'delivered_at', claims.delivered_at, 'tracking_number', claims.tracking_number
            ),
            'warehouse', jsonb_build_object('received_qty', claims.received_qty, 'received_at', claims.received_at)
        ) as evidence
    from claims
    cross join lateral (
        select
            min(facts.due_at) as due_at,
            jsonb_agg(
                jsonb_build_object('fact', facts.fact, 'due_at', facts.due_at) order by facts.due_at, facts.fact
            ) as missing
        from (
            values
            (
                'invoice', claims.proof_due_at,
                claims.billing_status_code in ('partly_invoiced', 'invoiced', 'paid', 'credited')
            ),
            ('shipment', claims.proof_due_at, greatest(claims.shipped_qty, claims.delivered_qty) >= claims.claimed_qty),
            ('receipt', claims.receipt_due_at, claims.received_qty >= claims.return_qty)
        ) as facts (fact, due_at, is_proven)
        where facts.is_proven is not true and facts.due_at is not null
    ) as unproven
    where unproven.due_at is not null
),

{{ exception_rows('found', waits_for=['erp', 'warehouse', 'carrier'], own_due=true) }}

select * from final
