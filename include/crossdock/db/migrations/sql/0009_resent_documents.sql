-- A document of ours can be sent again: under new control numbers, in the place of the one that it names.
alter table ops.outbound_documents
    add column replaces_outbound_document_id bigint references ops.outbound_documents;
create unique index outbound_replaced on ops.outbound_documents (replaces_outbound_document_id)
    where replaces_outbound_document_id is not null and state <> 'failed';
comment on column ops.outbound_documents.replaces_outbound_document_id is
    'The document in whose place this one stands; that one is no longer waited for. One that failed replaces nothing.';
