{{ config(unique_key=['thread_id', 'edi_document_id'], indexes=[{'columns': ['edi_document_id']}]) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

edi_sets as (
    select * from {{ touched(ref('stg_x12__transaction_sets')) }}
),

interchanges as (
    select * from {{ touched(ref('stg_x12__interchanges')) }}
),

quarantine as (
    select * from {{ touched(source('ops', 'quarantine')) }} where state = 'open'
),

sent as (
    select * from {{ touched(source('ops', 'outbound_documents')) }} where order_ref is not null
),

-- What stands in the place of another document of ours; one that failed or is held does not.
replacements as (
    select * from {{ touched(source('ops', 'outbound_documents')) }}
    where replaces_outbound_document_id is not null and state not in ('failed', 'held')
),

received as (
    select
        i.thread_id,
        s.edi_set_identifier as edi_document_id,
        s.partner_id,
        'in' as direction,
        s.document_type,
        s.interchange_control_number,
        s.group_control_number,
        s.set_control_number,
        s.envelope_verdict,
        s.syntax_verdict,
        case
            when s.document_type in ('997', '999') then null
            when exists (select from quarantine as q where q.record_id = s.record_id) then 'accepted_with_errors'
            else coalesce(s.business_verdict, 'accepted')
        end as business_verdict,
        null::text as replaced_by,
        coalesce(s.sent_at, s.changed_at) as occurred_at,
        s.landed_at as known_at
    from edi_sets as s
    join identifiers as i on i.identifier = s.edi_set_identifier
),

-- An interchange stands in no order's thread, unless it only reports on one of ours.
enveloped as (
    select
        i.thread_id,
        e.interchange_identifier,
        e.partner_id,
        'in',
        'interchange',
        e.interchange_control_number,
        null,
        null,
        e.envelope_verdict,
        null,
        null,
        null,
        coalesce(e.sent_at, e.changed_at),
        e.landed_at
    from interchanges as e
    join identifiers as i on i.identifier = e.interchange_identifier
),

answered as (
    select
        i.thread_id,
        {{ identifier('o.partner_id', 'edi_out', "o.outbound_document_id::text") }},
        o.partner_id,
        'out',
        o.document_type,
        o.interchange_control_number,
        o.group_control_number,
        o.set_control_number,
        null,
        null,
        null,
        {{ identifier('r.partner_id', 'edi_out', "r.outbound_document_id::text") }},
        o.created_as_of,
        o.created_at
    from sent as o
    join identifiers as i on i.identifier = {{ identifier('o.partner_id', 'order', 'o.order_ref') }}
    left join replacements as r on r.replaces_outbound_document_id = o.outbound_document_id
),

united as (
    select * from received
    union all
    select * from enveloped
    union all
    select * from answered
),

final as (
    select
        thread_id,
        {{ order_of('thread_id') }} as order_id,
        edi_document_id,
        partner_id,
        direction,
        document_type,
        interchange_control_number,
        group_control_number,
        set_control_number,
        envelope_verdict,
        syntax_verdict,
        business_verdict,
        replaced_by,
        occurred_at,
        known_at
    from united
)

select * from final
