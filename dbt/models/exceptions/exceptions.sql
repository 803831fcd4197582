-- Every exception view there is; an architecture test proves the list complete.
with exc_billing_hold as (
    select * from {{ touched(ref('exc_billing_hold')) }}
),

exc_cancelled_after_shipping as (
    select * from {{ touched(ref('exc_cancelled_after_shipping')) }}
),

exc_carrier_cannot_meet_promise as (
    select * from {{ touched(ref('exc_carrier_cannot_meet_promise')) }}
),

exc_carrier_handover_late as (
    select * from {{ touched(ref('exc_carrier_handover_late')) }}
),

exc_compliance_hold as (
    select * from {{ touched(ref('exc_compliance_hold')) }}
),

exc_credit_hold as (
    select * from {{ touched(ref('exc_credit_hold')) }}
),

exc_delivered_late as (
    select * from {{ touched(ref('exc_delivered_late')) }}
),

exc_edi_ack_overdue as (
    select * from {{ touched(ref('exc_edi_ack_overdue')) }}
),

exc_edi_ack_rejected as (
    select * from {{ touched(ref('exc_edi_ack_rejected')) }}
),

exc_inventory_short_pick as (
    select * from {{ touched(ref('exc_inventory_short_pick')) }}
),

exc_inventory_shortfall as (
    select * from {{ touched(ref('exc_inventory_shortfall')) }}
),

exc_milestone_stale as (
    select * from {{ touched(ref('exc_milestone_stale')) }}
),

exc_open_past_promise as (
    select * from {{ touched(ref('exc_open_past_promise')) }}
),

exc_order_incomplete as (
    select * from {{ touched(ref('exc_order_incomplete')) }}
),

exc_partner_unavailable as (
    select * from {{ touched(ref('exc_partner_unavailable')) }}
),

exc_pod_mismatch as (
    select * from {{ touched(ref('exc_pod_mismatch')) }}
),

exc_price_mismatch as (
    select * from {{ touched(ref('exc_price_mismatch')) }}
),

exc_return_not_eligible as (
    select * from {{ touched(ref('exc_return_not_eligible')) }}
),

exc_shipment_status_mismatch as (
    select * from {{ touched(ref('exc_shipment_status_mismatch')) }}
),

exc_status_out_of_sequence as (
    select * from {{ touched(ref('exc_status_out_of_sequence')) }}
),

final as (
    select * from exc_billing_hold
    union all
    select * from exc_cancelled_after_shipping
    union all
    select * from exc_carrier_cannot_meet_promise
    union all
    select * from exc_carrier_handover_late
    union all
    select * from exc_compliance_hold
    union all
    select * from exc_credit_hold
    union all
    select * from exc_delivered_late
    union all
    select * from exc_edi_ack_overdue
    union all
    select * from exc_edi_ack_rejected
    union all
    select * from exc_inventory_short_pick
    union all
    select * from exc_inventory_shortfall
    union all
    select * from exc_milestone_stale
    union all
    select * from exc_open_past_promise
    union all
    select * from exc_order_incomplete
    union all
    select * from exc_partner_unavailable
    union all
    select * from exc_pod_mismatch
    union all
    select * from exc_price_mismatch
    union all
    select * from exc_return_not_eligible
    union all
    select * from exc_shipment_status_mismatch
    union all
    select * from exc_status_out_of_sequence
)

select * from final
