with edi_acknowledgements as (
    select * from {{ touched(ref('edi_acknowledgements')) }}
),

edi_documents as (
    select * from {{ touched(ref('edi_documents')) }}
),

found as (
    select
        acks.edi_document_id || '/' || acks.ack_type as subject_id,
        acks.thread_id,
        acks.order_id,
        acks.partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        coalesce(acks.acknowledged_at, acks.expected_at, documents.occurred_at) as since_at,
        jsonb_build_object(
            'edi_document_id', acks.edi_document_id,
            'document_type', documents.document_type,
            'direction', documents.direction,
            'ack_type', acks.ack_type,
            'ack_status', acks.ack_status,
            'reason', acks.reason,
            'acknowledged_at', acks.acknowledged_at,
            'interchange_control_number', documents.interchange_control_number,
            'group_control_number', documents.group_control_number
        ) as evidence
    from edi_acknowledgements as acks
    left join edi_documents as documents on documents.edi_document_id = acks.edi_document_id
    where acks.ack_status in ('rejected', 'partially') and not acks.is_replaced
),

{{ exception_rows('found') }}

select * from final
