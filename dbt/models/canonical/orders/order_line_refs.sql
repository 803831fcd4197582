{{ config(
    unique_key=['thread_id', 'document', 'document_line'],
    indexes=[{'columns': ['thread_id', 'order_line_id']}],
) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

shop_lines as (
    select * from {{ touched(ref('stg_shopify__order_lines')) }}
),

edi_lines as (
    select * from {{ touched(ref('stg_x12__purchase_order_lines')) }}
),

standard_lines as (
    select * from {{ touched(ref('stg_standard__order_lines')) }}
),

erp_items as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_items')) }}
),

channel_lines as (
    select order_identifier as document, line_number, sku from shop_lines
    union all
    select order_identifier, line_number, sku from edi_lines
    union all
    select order_identifier, line_number, sku from standard_lines
),

in_channel as (
    select
        i.thread_id,
        l.document,
        l.line_number,
        l.sku,
        row_number() over (partition by i.thread_id, l.sku order by length(l.line_number), l.line_number) as nth_of_sku
    from channel_lines as l
    join identifiers as i on i.identifier = l.document
),

in_erp as (
    select
        i.thread_id,
        e.sales_order_identifier as document,
        e.item_number,
        e.channel_line_number,
        e.sku,
        row_number() over (
            partition by i.thread_id, e.sku, e.sales_order_identifier order by length(e.item_number), e.item_number
        ) as nth_of_sku
    from erp_items as e
    join identifiers as i on i.identifier = e.sales_order_identifier
),

-- The ERP names the channel's line; where it does not, the nth line of an item is the nth line of that item.
matched as (
    select
        e.thread_id,
        e.document,
        e.item_number,
        coalesce(named.line_number, alike.line_number) as line_number
    from in_erp as e
    left join in_channel as named
        on named.thread_id = e.thread_id and named.line_number = e.channel_line_number
    left join in_channel as alike
        on named.line_number is null
            and alike.thread_id = e.thread_id
            and alike.sku = e.sku
            and alike.nth_of_sku = e.nth_of_sku
),

-- What only the ERP knows keeps the ERP's number, marked where it could be mistaken for another's.
numbered as (
    select
        m.thread_id,
        m.document,
        m.item_number,
        coalesce(
            m.line_number,
            case
                when exists (select from in_channel as c where c.thread_id = m.thread_id)
                    or exists (select from matched as o where o.thread_id = m.thread_id and o.document <> m.document)
                    then split_part(m.document, '/', 3) || '-' || m.item_number
                else m.item_number
            end
        ) as line_number
    from matched as m
),

refs as (
    select thread_id, document, line_number as document_line, line_number from in_channel
    union all
    select thread_id, document, item_number, line_number from numbered
),

final as (
    select distinct on (thread_id, document, document_line)
        thread_id,
        {{ order_of('thread_id') }} as order_id,
        document,
        document_line,
        thread_id || '#' || line_number as order_line_id,
        line_number
    from refs
    order by thread_id, document, document_line, line_number
)

select * from final
