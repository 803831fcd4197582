-- One row per exception view (dbt/models/exceptions/<step>/exc_<code>.sql). Thresholds live here and nowhere else:
-- `grace` is what passes between a thing being wrong and it counting; `parameters` what only one view needs.

insert into ref.exception_catalogue (
    exception_code, title, step, subject_type, severity, owner_queue, grace, is_time_based, default_playbook,
    description, parameters
) values
    (
        'order_incomplete', 'Order incomplete or unmapped', 'capture', 'order', 'high', 'customer_service', '0', false,
        'complete_order_and_replay',
        'The order has no lines or lacks a field, or a record that belongs to it was set aside by its contract.',
        '{}'
    ),
    (
        'price_mismatch', 'Charged differs from ordered', 'capture', 'order', 'medium', 'finance', '0', false,
        'review_price',
        'What was charged differs from what the ordering channel stated, in the same currency, beyond the tolerance.',
        '{"tolerance_amount": "0.01"}'
    ),
    (
        'credit_hold', 'Credit hold', 'capture', 'order', 'high', 'finance', '0', false,
        'hold_and_route_to_credit',
        'A credit hold on the order is open.',
        '{}'
    ),
    (
        'compliance_hold', 'Compliance hold', 'capture', 'order', 'critical', 'compliance', '0', false,
        'hold_and_route_to_compliance',
        'A sanctions, export or product-rule hold on the order is open.',
        '{}'
    ),
    (
        'inventory_shortfall', 'Inventory shortfall at order', 'capture', 'order_line', 'high', 'customer_service',
        '0', false, 'reallocate_or_backorder',
        'The ERP confirmed less than was ordered on the line, and the rest has not shipped either.',
        '{}'
    ),
    (
        'edi_ack_overdue', 'EDI acknowledgement overdue', 'capture', 'edi_document', 'high', 'integration', '0', true,
        'resend_or_call_partner',
        'The partner has not acknowledged a document of ours by the time it was expected.',
        '{}'
    ),
    (
        'edi_ack_rejected', 'EDI acknowledgement rejected', 'capture', 'edi_document', 'high', 'integration', '0', false,
        'mend_and_resend',
        'The partner rejected a document of ours, wholly or in part.',
        '{}'
    ),
    (
        'inventory_short_pick', 'Inventory short pick', 'warehouse', 'shipment_line', 'high', 'warehouse', '2 hours',
        true, 'reallocate_or_split',
        'The warehouse picked less than the delivery says, and nothing more was picked since.',
        '{}'
    ),
    (
        'carrier_handover_late', 'Hand-over to the carrier late', 'warehouse', 'shipment', 'medium', 'warehouse', '0',
        true, 'tell_customer_new_date',
        'The carrier got the goods after the hand-over time of one of their lines, or had not got them by the plan.',
        '{}'
    ),
    (
        'carrier_cannot_meet_promise', 'Carrier cannot meet the promise', 'transport', 'shipment', 'high', 'logistics',
        '0', false, 'rebook_or_tell_customer',
        'The carrier estimates delivery after the promised time, and the goods are not delivered yet.',
        '{}'
    ),
    (
        'delivered_late', 'Delivered late', 'transport', 'order', 'medium', 'customer_service', '0', false,
        'tell_customer_and_credit',
        'Everything sent has arrived, and some of it after the promised time.',
        '{}'
    ),
    (
        'shipment_status_mismatch', 'Systems disagree on a shipment', 'transport', 'shipment', 'high', 'integration',
        '12 hours', true, 'reread_and_post',
        'One system says the goods have left or arrived; another, which would say so too, still does not.',
        '{
            "gates": [
                {"status_code": "shipped", "attribute": "hand_over"},
                {"status_code": "delivered", "attribute": "transport"}
            ],
            "speaks_until": {"erp": "shipped", "warehouse": "shipped", "shop": "shipped", "carrier": "delivered"}
        }'
    ),
    (
        'milestone_stale', 'No news of a shipment', 'transport', 'shipment', 'medium', 'logistics', '0', true,
        'ask_carrier_or_warehouse',
        'Nothing has been heard of a shipment under way for longer than its leg may take.',
        '{"release_to_shipping": "24 hours", "in_transit": "48 hours"}'
    ),
    (
        'open_past_promise', 'Open past its promise', 'lifecycle', 'order', 'high', 'customer_service', '1 second', true,
        'tell_customer_new_date',
        'The promised time has passed and not all of the order has arrived, nor was it called off.',
        '{}'
    ),
    (
        'status_out_of_sequence', 'Status out of sequence', 'lifecycle', 'order', 'low', 'integration', '0', false,
        'ask_source_for_times',
        'A milestone is dated before one that must precede it.',
        '{
            "sequence": [
                ["accepted", "validated"],
                ["accepted", "shipped"],
                ["validated", "shipped"],
                ["picked", "packed"],
                ["picked", "shipped"],
                ["packed", "shipped"],
                ["shipped", "delivered"]
            ],
            "tolerance": "0 seconds"
        }'
    ),
    (
        'cancelled_after_shipping', 'Cancelled after shipping', 'lifecycle', 'order', 'critical', 'customer_service',
        '0', false, 'intercept_or_return',
        'Somebody has the order as cancelled, yet goods of it were handed to the carrier.',
        '{}'
    ),
    (
        'partner_unavailable', 'Partner throttled, down or with a gap', 'platform', 'endpoint', 'critical',
        'integration', '5 minutes', true, 'wait_then_call_partner',
        'Calls to a partner have failed for longer than the grace, or records of a counted window are missing.',
        '{}'
    )
on conflict (exception_code) do update set
    title = excluded.title,
    step = excluded.step,
    subject_type = excluded.subject_type,
    severity = excluded.severity,
    owner_queue = excluded.owner_queue,
    grace = excluded.grace,
    is_time_based = excluded.is_time_based,
    default_playbook = excluded.default_playbook,
    description = excluded.description,
    parameters = excluded.parameters;

comment on table ref.exception_catalogue is
    'One row per exception view; thresholds live here and nowhere else, changed by migration or by an operator.';
