-- What still waits for the product, by where it waits. Nothing does once it has caught up.
select 'raw.pending_documents' as place, count(*) from raw.pending_documents
union all
select 'raw.pending_records', count(*) from raw.pending_records
union all
select 'ops.pending_threads', count(*) from ops.pending_threads
union all
select 'ops.pending_detections', count(*) from ops.pending_detections
union all
select 'ops.outbound_documents', count(*) from ops.outbound_documents where state = 'ready'
union all
select 'ops.actions ' || state, count(*) from ops.actions where state in ('sent', 'compensating') group by state
union all
select 'ops.actions approved', count(*) from ops.actions where state = 'approved'
union all
select 'ops.cases acting', count(*) from ops.cases where state = 'acting'
