{{ config(
    keyed_by=['feed_id', 'native_id'],
    unique_key=['feed_id', 'native_id', 'link_number'],
    indexes=[{'columns': ['child']}, {'columns': ['parent']}],
) }}

with

sales_orders as (
    select * from {{ touched(ref('stg_sap_s4__sales_orders')) }}
),

deliveries as (
    select * from {{ touched(ref('stg_sap_s4__deliveries')) }}
),

delivery_items as (
    select * from {{ touched(ref('stg_sap_s4__delivery_items')) }}
),

material_stock as (
    select * from {{ touched(ref('stg_sap_s4__material_stock')) }}
),

warehouse_events as (
    select
        e.*,
        {{ identifier(orders_from('e.partner_id'), 'delivery', 'e.delivery_ref') }} as delivery_identifier,
        case when e.event_code = 'received' then {{ named_return('e.partner_id', 'e.return_ref') }} end as receipt_of
    from {{ touched(ref('stg_epcis__events')) }} as e
),

trackers as (
    select * from {{ touched(ref('stg_easypost__trackers')) }}
),

shop_orders as (
    select * from {{ touched(ref('stg_shopify__orders')) }}
),

fulfillments as (
    select * from {{ touched(ref('stg_shopify__fulfillments')) }}
),

inventory_levels as (
    select * from {{ touched(ref('stg_shopify__inventory_levels')) }}
),

tickets as (
    select * from {{ touched(ref('stg_zendesk__tickets')) }}
),

edi_sets as (
    select * from {{ touched(ref('stg_x12__transaction_sets')) }}
),

interchanges as (
    select * from {{ touched(ref('stg_x12__interchanges')) }}
),

reports as (
    select * from {{ touched(ref('stg_x12__functional_acks')) }} where ack_type = 'TA1'
),

outbound_documents as (
    select * from {{ touched(source('ops', 'outbound_documents')) }} where order_ref is not null
),

standard_orders as (
    select * from {{ touched(ref('stg_standard__orders')) }}
),

standard_lines as (
    select * from {{ touched(ref('stg_standard__order_lines')) }}
),

milestones as (
    select * from {{ touched(ref('stg_standard__milestones')) }}
),

charges as (
    select * from {{ touched(ref('stg_standard__charges')) }}
),

returns as (
    select * from {{ touched(ref('stg_standard__returns')) }}
),

set_aside as (
    select q.*, f.partner_id, f.feed_type
    from {{ touched(source('ops', 'quarantine')) }} as q
    join {{ source('ref', 'feeds') }} as f on f.feed_id = q.feed_id
    where q.state = 'open' and q.native_id is not null and q.part = ''
),

-- A sales order of which no version was fit yet still says for which order of which channel it stands.
sales_orders_set_aside as (
    select
        s.feed_id,
        s.native_id,
        {{ identifier('s.partner_id', 'sales_order', sap_number('s.order_ref')) }} as sales_order_identifier,
        {{ our_code('sap_s4', 'sold_to_partner', 's.partner_id', sap_number("r.payload ->> 'SoldToParty'")) }} as channel_partner_id,
        {{ order_name("r.payload ->> 'PurchaseOrderByCustomer'") }} as channel_order_ref
    from set_aside as s
    join {{ touched(source('raw', 'records')) }} as r on r.record_id = s.record_id
    where s.feed_type = 'sap_s4.sales_orders' and s.order_ref is not null
),

stated as (
    select
        feed_id, native_id,
        sales_order_identifier as child,
        {{ identifier('channel_partner_id', 'order', 'channel_order_ref') }} as parent
    from sales_orders

    union all
    select feed_id, native_id, delivery_identifier, null
    from deliveries

    union all
    select feed_id, native_id, delivery_identifier, sales_order_identifier
    from delivery_items

    union all
    select feed_id, native_id, tracking_identifier, delivery_identifier
    from deliveries
    where tracking_identifier is not null

    union all
    select feed_id, native_id, 'position/' || sku || '@' || warehouse_code, null
    from material_stock
    where sku is not null and warehouse_code is not null

    union all
    select feed_id, native_id, {{ identifier('partner_id', 'event', 'event_id') }}, coalesce(receipt_of, delivery_identifier, tracking_identifier)
    from warehouse_events

    union all
    select feed_id, native_id, tracking_identifier, delivery_identifier
    from warehouse_events
    where tracking_identifier is not null and delivery_identifier is not null

    union all
    select feed_id, native_id, tracker_identifier, tracking_identifier
    from trackers

    union all
    select feed_id, native_id, order_identifier, null
    from shop_orders

    union all
    select feed_id, native_id, order_id_identifier, order_identifier
    from shop_orders

    union all
    select feed_id, native_id, fulfillment_identifier, order_id_identifier
    from fulfillments

    union all
    select feed_id, native_id, tracking_identifier, fulfillment_identifier
    from fulfillments
    where tracking_identifier is not null

    union all
    select feed_id, native_id, 'position/' || sku || '@' || warehouse_code, null
    from inventory_levels
    where sku is not null and warehouse_code is not null

    union all
    select
        feed_id, native_id, ticket_identifier,
        case
            when external_ref ~ '^[^/]+/[^/]+/.' then external_ref
            else {{ named_order('tickets.partner_id', 'tickets.external_ref') }}
        end
    from tickets

    union all
    select feed_id, native_id, edi_set_identifier, coalesce(order_identifier, outbound_group_identifier)
    from edi_sets

    union all
    select feed_id, native_id, order_identifier, null
    from edi_sets
    where order_identifier is not null and document_type = '850'

    -- The group we sent, which the partner's acknowledgement names, was about an order.
    union all
    select e.feed_id, e.native_id, e.outbound_group_identifier, {{ identifier('o.partner_id', 'order', 'o.order_ref') }}
    from edi_sets as e
    join outbound_documents as o
        on o.partner_id = e.partner_id
            and {{ identifier('o.partner_id', 'outbound_group', "ltrim(o.group_control_number, '0')") }} = e.outbound_group_identifier
    where e.outbound_group_identifier is not null

    union all
    select feed_id, native_id, interchange_identifier, null
    from interchanges

    union all
    select feed_id, native_id, interchange_identifier, outbound_interchange_identifier
    from reports

    union all
    select r.feed_id, r.native_id, r.outbound_interchange_identifier, {{ identifier('o.partner_id', 'order', 'o.order_ref') }}
    from reports as r
    join outbound_documents as o
        on o.partner_id = r.partner_id and ltrim(o.interchange_control_number, '0') = r.acked_interchange

    union all
    select feed_id, native_id, order_identifier, null
    from standard_orders

    union all
    select feed_id, native_id, line_identifier, order_identifier
    from standard_lines

    union all
    select feed_id, native_id, charge_identifier, order_identifier
    from charges

    union all
    select feed_id, native_id, return_identifier, order_identifier
    from returns

    union all
    select feed_id, native_id, milestone_identifier, order_identifier
    from milestones

    union all
    select feed_id, native_id, shipment_identifier, order_identifier
    from milestones
    where shipment_identifier is not null

    union all
    select feed_id, native_id, tracking_identifier, shipment_identifier
    from milestones
    where tracking_identifier is not null and shipment_identifier is not null

    union all
    select
        feed_id, native_id, sales_order_identifier,
        {{ identifier('channel_partner_id', 'order', 'channel_order_ref') }}
    from sales_orders_set_aside

    union all
    select
        feed_id, native_id,
        case
            when feed_type like 'standard.%' and feed_type <> 'standard.returns'
                then {{ identifier('partner_id', 'order', order_name('order_ref')) }}
            else {{ named_order('set_aside.partner_id', 'set_aside.order_ref') }}
        end,
        null
    from set_aside
    where order_ref is not null
),

-- An object that says both "I am here" and "I belong there" needs only the second.
final as (
    select
        feed_id,
        native_id,
        (row_number() over (partition by feed_id, native_id order by child, parent))::integer as link_number,
        child,
        parent
    from (select distinct feed_id, native_id, child, parent from stated where child is not null) as links
)

select * from final
