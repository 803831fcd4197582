{{ config(
    unique_key=['thread_id'],
    indexes=[{'columns': ['partner_order_ref']}, {'columns': ['ordered_at']}],
) }}

with

identifiers as (
    select * from {{ touched(ref('identifiers')) }}
),

order_lines as (
    select * from {{ touched(ref('order_lines')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

beliefs as (
    select * from {{ touched(ref('status_beliefs')) }}
    where superseded_at is null and attribute_code in ('fulfillment', 'billing')
),

quarantine as (
    select * from {{ touched(source('ops', 'quarantine')) }}
    where state in ('open', 'superseded', 'discarded') and part <> ''
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

purchase_orders as (
    select * from {{ touched(ref('stg_x12__purchase_orders')) }}
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__orders')) }}
),

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_orders')) }}
),

erp_items as (
    select * from {{ touched(ref('stg_sap_s4__sales_order_items')) }}
),

stated as (
    select
        order_identifier as document, record_id, partner_id, order_ref, null::text as erp_order_ref, customer_ref,
        null::text as customer_tier, 'web' as channel_code, ship_to_region, null::text as incoterms_code,
        null::boolean as is_regulated, currency_code, ordered_at, promised_at, cancelled_at
    from shop_orders
    union all
    select
        order_identifier, record_id, partner_id, order_ref, null, customer_ref,
        null, 'edi', ship_to_region, incoterms_code,
        null, currency_code, ordered_at, promised_at, case when is_cancellation then coalesce(changed_at, sent_at) end
    from purchase_orders
    union all
    select
        order_identifier, record_id, partner_id, order_ref, null, customer_ref,
        customer_tier, channel_code, ship_to_region, incoterms_code,
        is_regulated, currency_code, ordered_at, promised_at, cancelled_at
    from standard_orders
    union all
    select
        sales_order_identifier, record_id, partner_id, sales_order, sales_order, customer_ref,
        customer_tier, channel_code, ship_to_region, incoterms_code,
        null, currency_code, ordered_at, requested_at, null
    from sales_orders
),

documents as (
    select i.thread_id, i.depth = 0 as is_root, s.*
    from stated as s
    join identifiers as i on i.identifier = s.document
),

roots as (
    select distinct on (thread_id) *
    from documents
    where is_root
    order by thread_id, record_id desc
),

in_erp as (
    select distinct on (d.thread_id) d.*
    from documents as d
    where d.erp_order_ref is not null
    order by d.thread_id, d.erp_order_ref
),

regulated as (
    select distinct i.thread_id
    from erp_items as e
    join identifiers as i on i.identifier = e.sales_order_identifier
    where e.item_class_code = 'regulated'
),

-- The order is known to the one system and not yet to the other: the thread is there, its root document is not.
headers as (
    select
        coalesce(r.thread_id, e.thread_id) as thread_id,
        coalesce(r.partner_id, e.partner_id) as source_partner_id,
        coalesce(r.channel_code, e.channel_code) as channel_code,
        r.order_ref as partner_order_ref,
        e.erp_order_ref,
        coalesce(r.customer_ref, e.customer_ref) as customer_ref,
        coalesce(nullif(e.customer_tier, 'unknown'), nullif(r.customer_tier, 'unknown'), e.customer_tier, r.customer_tier)
            as customer_tier,
        coalesce(r.ship_to_region, e.ship_to_region) as ship_to_region,
        coalesce(r.ordered_at, e.ordered_at) as ordered_at,
        coalesce(e.promised_at, r.promised_at) as promised_at,
        r.cancelled_at as channel_cancelled_at,
        coalesce(r.currency_code, e.currency_code) as currency_code,
        coalesce(r.is_regulated, false) as is_regulated,
        coalesce(e.incoterms_code, r.incoterms_code) as incoterms_code,
        r.thread_id is not null as has_root
    from roots as r
    full join in_erp as e on e.thread_id = r.thread_id
),

-- How far each line is: the furthest state that all of its open quantity has reached, what waits for stock left out.
line_stages as (
    select
        thread_id,
        ordered_qty - cancelled_qty as open_qty,
        backordered_qty,
        case
            when ordered_qty - cancelled_qty <= 0 then null
            when ordered_qty - cancelled_qty - backordered_qty <= 0 then null
            when delivered_qty >= ordered_qty - cancelled_qty - backordered_qty then 90
            when shipped_qty >= ordered_qty - cancelled_qty - backordered_qty then 80
            when packed_qty >= ordered_qty - cancelled_qty - backordered_qty then 60
            when picked_qty >= ordered_qty - cancelled_qty - backordered_qty then 50
            when allocated_qty >= ordered_qty - cancelled_qty - backordered_qty then 40
            when confirmed_qty >= ordered_qty - cancelled_qty - backordered_qty then 30
            else 10
        end as stage
    from order_lines
),

progress as (
    select
        thread_id,
        count(*) as lines_count,
        min(stage) as stage,
        sum(backordered_qty) as backordered_qty,
        coalesce(bool_and(open_qty <= 0) filter (where open_qty is not null), false) as is_all_cancelled
    from line_stages
    group by thread_id
),

delivering as (
    select distinct thread_id from shipments where delivery_ref is not null
),

set_aside as (
    select d.thread_id, count(distinct q.part) as parts_count
    from documents as d
    join quarantine as q on q.record_id = d.record_id
    group by d.thread_id
),

-- Whose word counts: the ERP's where it speaks of the order, else that of whoever the order came from.
words as (
    select distinct on (b.thread_id, b.attribute_code)
        b.thread_id,
        b.attribute_code,
        b.status_code,
        b.status_rank,
        b.valid_at
    from beliefs as b
    join {{ source('ref', 'system_of_record') }} as o on o.attribute = b.attribute_code
    left join headers as h on h.thread_id = b.thread_id
    order by
        b.thread_id, b.attribute_code,
        (b.role_code = o.role_code) desc, (b.believed_by = h.source_partner_id) desc,
        b.status_rank nulls first, b.believed_by, b.stated_in
),

judged as (
    select
        h.*,
        coalesce(p.lines_count, 0) as lines_count,
        f.status_code as word,
        f.valid_at as word_at,
        b.status_code as billing_status_code,
        case
            when f.status_code in ('cancelled', 'unfulfillable') then f.status_code
            when f.status_code is null and h.channel_cancelled_at is not null then 'cancelled'
            when p.is_all_cancelled then 'cancelled'
            when p.backordered_qty > 0 and coalesce(p.stage, 90) >= 80 then 'backordered'
            when d.thread_id is null and (p.stage is null or f.status_rank is null or f.status_rank > p.stage)
                then coalesce(f.status_code, s.status_code, 'accepted')
            else coalesce(s.status_code, 'accepted')
        end as fulfillment_status_code,
        coalesce(a.parts_count, 0) as parts_count,
        r.thread_id is not null as has_regulated_lines
    from headers as h
    left join progress as p on p.thread_id = h.thread_id
    left join {{ source('ref', 'statuses') }} as s on s.axis = 'fulfillment' and s.rank = p.stage
    left join words as f on f.thread_id = h.thread_id and f.attribute_code = 'fulfillment'
    left join words as b on b.thread_id = h.thread_id and b.attribute_code = 'billing'
    left join delivering as d on d.thread_id = h.thread_id
    left join set_aside as a on a.thread_id = h.thread_id
    left join regulated as r on r.thread_id = h.thread_id
),

final as (
    select
        thread_id,
        thread_id as order_id,
        source_partner_id,
        channel_code,
        partner_order_ref,
        erp_order_ref,
        customer_ref,
        customer_tier,
        ship_to_region,
        fulfillment_status_code,
        billing_status_code,
        ordered_at,
        promised_at,
        case when fulfillment_status_code = 'cancelled' then coalesce(channel_cancelled_at, word_at) end as cancelled_at,
        currency_code,
        lines_count = 0 or parts_count > 0 as is_incomplete,
        case
            when parts_count > 0 then 'lines_set_aside'
            when lines_count = 0 then 'no_lines'
        end as incomplete_reason,
        is_regulated or has_regulated_lines as is_regulated,
        incoterms_code,
        lines_count::integer as lines_count
    from judged
)

select * from final
