-- The newest of our answers to one order that has not failed, whether sent again meanwhile or not; null when there is none.
with recursive answers as (
    select outbound_document_id, state
    from ops.outbound_documents
    where idempotency_key like %(keys)s

    union

    select o.outbound_document_id, o.state
    from ops.outbound_documents as o
    join answers as a on o.replaces_outbound_document_id = a.outbound_document_id
)

select max(outbound_document_id) from answers where state <> 'failed'
