-- How far the histories reach before the batch begins.
select
    coalesce((select max(event_id) from ops.case_events), 0) as events,
    coalesce((select max(outbound_document_id) from ops.outbound_documents), 0) as documents
