-- The order's thread shows when the document was sent and by when its acknowledgement is due.
insert into ops.pending_threads
select partner_id || '/order/' || order_ref
from ops.outbound_documents
where outbound_document_id = %s and order_ref <> ''
on conflict do nothing
