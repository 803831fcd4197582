-- One document of ours as it stands now, with what its partner said of it.
select
    o.outbound_document_id,
    o.partner_id,
    o.document_type,
    o.state,
    o.error,
    o.order_ref,
    o.in_reply_to_document_id,
    o.idempotency_key,
    o.content,
    p.time_zone,
    p.settings,
    o.sent_as_of,
    (
        select r.outbound_document_id
        from ops.outbound_documents as r
        where r.replaces_outbound_document_id = o.outbound_document_id and r.state <> 'failed'
    ) as replaced_by,
    (
        -- The worst that was said counts; a TA1 that takes the interchange says nothing of the set in it.
        select case
            when 'rejected' = any(said) then 'rejected'
            when 'partially' = any(said) then 'partly'
            when 'accepted' = any(said) or 'accepted_with_errors' = any(said) then 'accepted'
        end
        from (
            select array_agg(a.ack_status) as said
            from canonical.edi_acknowledgements as a
            where a.edi_document_id = o.partner_id || '/edi_out/' || o.outbound_document_id
                and (a.ack_type <> 'TA1' or a.ack_status = 'rejected')
        ) as s
    ) as acknowledged,
    exists (
        select
        from raw.pending_records as w
        join raw.records as r using (record_id)
        join ref.feeds as f on f.feed_id = r.feed_id
        where f.partner_id = o.partner_id and f.feed_type = 'x12.interchanges'
    ) as is_mail_unread
from ops.outbound_documents as o
join ref.partners as p using (partner_id)
where o.outbound_document_id = %s
