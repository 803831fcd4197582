-- Documents that are still held go out next; one in whose place another stands by now never does.
with released as (
    update ops.outbound_documents as o
    set
        state = case when r.by_id is null then 'ready' else 'failed' end,
        error = case when r.by_id is not null then 'replaced by document ' || r.by_id || ' before it was sent' end
    from (
        select h.outbound_document_id, max(n.outbound_document_id) as by_id
        from ops.outbound_documents as h
        left join ops.outbound_documents as n
            on n.replaces_outbound_document_id = h.outbound_document_id and n.state <> 'failed'
        where h.outbound_document_id = any(%(documents)s) and h.state = 'held'
        group by h.outbound_document_id
    ) as r
    where o.outbound_document_id = r.outbound_document_id
    returning o.partner_id, o.order_ref, o.state
),

shown as (
    insert into ops.pending_threads
    select distinct partner_id || '/order/' || order_ref
    from released
    where order_ref <> ''
    on conflict do nothing
)

select from released where state = 'ready'
