{{ config(unique_key=['thread_id', 'edi_document_id', 'ack_type']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

acknowledgements as (
    select * from {{ touched(ref('stg_x12__functional_acks')) }}
),

-- What we sent and want acknowledged. What was never to be acknowledged, as a 997 of ours, has no such time.
awaited as (
    select * from {{ touched(source('ops', 'outbound_documents')) }}
    where order_ref is not null and ack_expected_at is not null and state not in ('failed', 'held')
),

-- Another document of ours stands in its place, and has an acknowledgement of its own; one that failed or is held does not.
replacements as (
    select * from {{ touched(source('ops', 'outbound_documents')) }}
    where replaces_outbound_document_id is not null and state not in ('failed', 'held')
),

about_orders as (
    select
        i.thread_id,
        o.*,
        exists (
            select from replacements as r where r.replaces_outbound_document_id = o.outbound_document_id
        ) as is_replaced
    from awaited as o
    join identifiers as i on i.identifier = {{ identifier('o.partner_id', 'order', 'o.order_ref') }}
),

-- The set's own answer before its group's; of several answers the last. A TA1 counts too where the partner sends one; not
-- its note 025 on what a 997 has answered: that refuses a copy, of a document that they have.
answers as (
    select distinct on (o.thread_id, o.outbound_document_id, a.ack_type)
        o.thread_id,
        o.outbound_document_id,
        a.ack_type,
        a.ack_status,
        a.acknowledged_at,
        a.reason
    from about_orders as o
    join acknowledgements as a
        on a.partner_id = o.partner_id
            and coalesce(a.acked_interchange, ltrim(o.interchange_control_number, '0')) = ltrim(o.interchange_control_number, '0')
            and coalesce(a.acked_group, ltrim(o.group_control_number, '0')) = ltrim(o.group_control_number, '0')
            and coalesce(a.acked_set, ltrim(o.set_control_number, '0')) = ltrim(o.set_control_number, '0')
    where a.ack_status is not null and a.ack_status <> ''
        and not (
            a.ack_type = 'TA1'
            and a.reason = '025'
            and exists (
                select from acknowledgements as heard
                where heard.partner_id = o.partner_id
                    and heard.acked_group = ltrim(o.group_control_number, '0')
            )
        )
    order by
        o.thread_id, o.outbound_document_id, a.ack_type,
        (a.acked_set is not null) desc, a.acknowledged_at desc nulls last, a.native_id desc
),

wanted as (
    select o.*, '997' as ack_type from about_orders as o
    union all
    select o.*, 'TA1' from about_orders as o
    where exists (
        select from answers as a
        where a.thread_id = o.thread_id and a.outbound_document_id = o.outbound_document_id and a.ack_type = 'TA1'
    )
),

final as (
    select
        o.thread_id,
        {{ order_of('o.thread_id') }} as order_id,
        {{ identifier('o.partner_id', 'edi_out', 'o.outbound_document_id::text') }} as edi_document_id,
        o.partner_id,
        o.ack_type,
        coalesce(a.ack_status, 'awaited') as ack_status,
        o.is_replaced,
        o.ack_expected_at as expected_at,
        a.acknowledged_at,
        a.reason
    from wanted as o
    left join answers as a
        on a.thread_id = o.thread_id and a.outbound_document_id = o.outbound_document_id and a.ack_type = o.ack_type
)

select * from final
