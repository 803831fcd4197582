-- Returns: who works them, where one can stand, and what is owed before money goes back.

alter table ref.partners drop constraint partners_role_code_check, add constraint partners_role_code_check check (role_code in (
    'erp', 'shop', 'edi', 'warehouse', 'carrier', 'service_desk', 'marketplace', 'procurement', 'returns', 'other'));

insert into ref.queues (queue, title, airflow_role) values ('returns', 'Returns', 'Returns');

alter table ref.statuses drop constraint statuses_axis_check, add constraint statuses_axis_check check (axis in (
    'fulfillment', 'billing', 'hold', 'shipment', 'edi', 'return'));
insert into ref.statuses (axis, status_code, rank, is_terminal, description) values
    ('return', 'requested', 10, false, 'The customer wants to send it back.'),
    ('return', 'authorised', 20, false, 'It may come back: the customer has a return number (RMA).'),
    ('return', 'received', 30, false, 'The returns system takes it for received.'),
    ('return', 'refunded', 40, false, 'The money has gone back.'),
    ('return', 'closed', 50, true, 'Nothing is left to do, whether it was refunded or not.');

insert into ref.exception_catalogue (
    exception_code, title, step, subject_type, severity, owner_queue, grace, is_time_based, default_playbook,
    description, parameters
) values
    (
        'return_not_eligible', 'Return is not eligible', 'returns', 'return_line', 'high', 'returns', '0', true,
        'ask_returns_specialist',
        'A refund is asked for or given, and the ERP has no invoice, nothing shows that it was shipped, or the warehouse has not received it.',
        '{"proof_within": "3 days", "booked_within": "24 hours", "sent_back_within": "14 days"}'
    );

insert into ref.causes (place, cause_code, title, acts, sentence) values
    (217, 'return_unproven', 'Return not proven', 'returns', 'A return lacks its invoice, its shipment or its receipt.');
insert into ref.exception_causes (exception_code, cause_code) values ('return_not_eligible', 'return_unproven');
