-- The document of ours that a case about an acknowledgement is about.
select
    c.case_id,
    jsonb_build_object(
        'outbound_document_id', o.outbound_document_id,
        'partner_id', o.partner_id,
        'document_type', o.document_type,
        'order_ref', o.order_ref,
        'sent_at', o.sent_as_of
    ) as value
from ops.cases as c
join ops.outbound_documents as o
    on o.partner_id || '/edi_out/' || o.outbound_document_id = regexp_replace(c.subject_id, '/[^/]+$', '')
where c.case_id = any(%(cases)s) and c.lead_code like 'edi\_ack\_%%'
