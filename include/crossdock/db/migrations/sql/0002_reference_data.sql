-- The closed vocabularies: what an order, a shipment, a bill, a hold can be, and whose word counts for what.
-- Ranks are those of the way to the customer, shared by both axes that walk it; no rank = off that way.

insert into ref.statuses (axis, status_code, rank, is_terminal, description) values
    ('fulfillment', 'accepted', 10, false, 'We have the order and have said yes to it.'),
    ('fulfillment', 'validated', 20, false, 'Price, customer, address and payment have been checked.'),
    ('fulfillment', 'allocated', 30, false, 'Stock is promised to every open line.'),
    ('fulfillment', 'released', 40, false, 'A warehouse has been told to pick.'),
    ('fulfillment', 'picked', 50, false, 'Everything open has left its shelf.'),
    ('fulfillment', 'packed', 60, false, 'Everything open is in a closed parcel.'),
    ('fulfillment', 'manifested', 70, false, 'The carrier knows of the parcels and has a label for each.'),
    ('fulfillment', 'shipped', 80, false, 'Everything open has left the warehouse.'),
    ('fulfillment', 'delivered', 90, true, 'Everything open is with the customer.'),
    ('fulfillment', 'completed', 100, true, 'Delivered, and nothing is left to do.'),
    ('fulfillment', 'backordered', null, false, 'What is still open waits for stock.'),
    ('fulfillment', 'unfulfillable', null, true, 'The order cannot be filled and nobody waits for it.'),
    ('fulfillment', 'cancelled', null, true, 'Called off: nothing is open any more.'),

    ('shipment', 'released', 40, false, 'The delivery exists; nothing of it has been picked.'),
    ('shipment', 'picked', 50, false, 'All of it has left its shelf.'),
    ('shipment', 'packed', 60, false, 'All of it is in closed parcels.'),
    ('shipment', 'manifested', 70, false, 'The carrier knows of it and has made a label.'),
    ('shipment', 'shipped', 80, false, 'It has left the warehouse.'),
    ('shipment', 'in_transit', 83, false, 'The carrier has it.'),
    ('shipment', 'out_for_delivery', 86, false, 'It is on the vehicle to the customer, or waits to be fetched.'),
    ('shipment', 'delivered', 90, true, 'The customer has it.'),
    ('shipment', 'delivery_failed', null, false, 'The carrier tried and could not deliver.'),
    ('shipment', 'returned', null, true, 'It is on its way back, or back.'),
    ('shipment', 'cancelled', null, true, 'Called off before it left.'),

    ('billing', 'not_billed', 10, false, 'No invoice has been written.'),
    ('billing', 'partly_invoiced', 20, false, 'Some of it has been invoiced.'),
    ('billing', 'invoiced', 30, false, 'All of it has been invoiced.'),
    ('billing', 'paid', 40, true, 'The customer has paid.'),
    ('billing', 'credited', null, true, 'The money went back.'),

    ('hold', 'credit', null, false, 'The customer''s credit does not cover the order.'),
    ('hold', 'compliance', null, false, 'Sanctions, export or product rules must be cleared first.'),
    ('hold', 'price', null, false, 'The price must be agreed first.'),
    ('hold', 'address', null, false, 'The address must be mended first.'),
    ('hold', 'fraud', null, false, 'The payment looks like fraud.'),

    ('edi', 'awaited', null, false, 'We sent it and wait for the answer.'),
    ('edi', 'accepted', null, true, 'The receiver took it.'),
    ('edi', 'accepted_with_errors', null, true, 'The receiver took it and named what was wrong.'),
    ('edi', 'partially', null, true, 'The receiver took some of its sets.'),
    ('edi', 'rejected', null, true, 'The receiver refused it.');

insert into ref.system_of_record (attribute, role_code, reason) values
    ('order_lines', 'erp', 'What is owed to the customer is what the ERP confirmed.'),
    ('cancellation', 'erp', 'An order is called off when the ERP has called it off; a channel may only ask.'),
    ('fulfillment', 'erp', 'Where quantities say nothing, the ERP''s status of the order counts.'),
    ('promise', 'erp', 'The promise to the customer is made from the ERP''s confirmed dates.'),
    ('billing', 'erp', 'The ERP writes the invoices.'),
    ('hold', 'erp', 'The ERP sets and lifts the blocks.'),
    ('picking', 'warehouse', 'Only the warehouse sees the shelf.'),
    ('shipment', 'warehouse', 'Up to the dock, the warehouse knows where the goods are.'),
    ('hand_over', 'warehouse', 'The warehouse records when the carrier took the goods.'),
    ('transport', 'carrier', 'From the dock on, the carrier knows.'),
    ('inventory', 'warehouse', 'Stock is what can be counted; the ERP''s figure follows.'),
    ('price', 'shop', 'The customer was promised the channel''s price.');
