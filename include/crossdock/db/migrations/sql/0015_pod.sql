-- Proofs of delivery that contradict the order, and billing that is held for want of a right one.

insert into ref.statuses (axis, status_code, rank, is_terminal, description) values
    ('hold', 'proof', null, false, 'A proof of delivery that agrees must be there before it is billed.')
on conflict do nothing;

insert into ref.exception_catalogue (
    exception_code, title, step, subject_type, severity, owner_queue, grace, is_time_based, default_playbook,
    description, parameters
) values
    (
        'pod_mismatch', 'Proof of delivery contradicts the order', 'transport', 'order', 'high', 'finance', '0', false,
        'hold_billing',
        'The carrier handed a parcel over in another postal code or country, or without a signature that was needed.',
        '{"signature_for": "regulated"}'
    ),
    (
        'billing_hold', 'Billing held although delivery is proven', 'lifecycle', 'order', 'medium', 'finance', '0',
        false, 'release_billing',
        'Everything has arrived with proofs of delivery that agree, and the ERP still holds the billing for want of one.',
        '{}'
    );

insert into ref.causes (place, cause_code, title, acts, sentence) values
    (215, 'proof_contradicts', 'Proof of delivery contradicts', 'logistics, customer service', 'The carrier''s record of the handing-over does not fit the order.');
update ref.causes set sentence = 'A credit, compliance or billing hold is open.' where cause_code = 'held';
insert into ref.exception_causes (exception_code, cause_code) values
    ('pod_mismatch', 'proof_contradicts'),
    ('billing_hold', 'held');
