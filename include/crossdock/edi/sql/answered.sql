-- The purchase orders that one document brought under one number, and the key of our first answer in a chain of resends.
with recursive chain as (
    select outbound_document_id, replaces_outbound_document_id, idempotency_key
    from ops.outbound_documents
    where outbound_document_id = %(outbound_document_id)s

    union

    select o.outbound_document_id, o.replaces_outbound_document_id, o.idempotency_key
    from ops.outbound_documents as o
    join chain as c on c.replaces_outbound_document_id = o.outbound_document_id
)

select r.record_id, array(select idempotency_key from chain) as keys
from raw.records as r
where r.document_id = %(document_id)s
    and r.payload -> 'set' ->> 'type' = '850'
    and trim(r.payload -> 'order' ->> 'po_number') = %(order_ref)s
order by r.record_id
