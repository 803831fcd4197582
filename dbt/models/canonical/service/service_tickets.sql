{{ config(unique_key=['thread_id', 'ticket_id']) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

tickets as (
    select * from {{ touched(ref('stg_zendesk__tickets')) }}
),

final as (
    select
        i.thread_id,
        {{ order_of('i.thread_id') }} as order_id,
        t.ticket_identifier as ticket_id,
        t.partner_id,
        t.subject,
        t.status_code,
        t.opened_at,
        t.updated_at
    from tickets as t
    join identifiers as i on i.identifier = t.ticket_identifier
)

select * from final
