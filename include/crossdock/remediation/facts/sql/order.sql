-- The order of each case, what it is worth, and what it is called in the shop.
select
    c.case_id,
    jsonb_build_object(
        'order_id', o.order_id,
        'ref', coalesce(o.partner_order_ref, o.erp_order_ref),
        'source_partner_id', o.source_partner_id,
        'channel_code', o.channel_code,
        'erp_order_ref', o.erp_order_ref,
        'shop_order', (
            select min(i.value)
            from canonical.identifiers as i
            where i.thread_id = c.thread_id and i.namespace = o.source_partner_id || '/order_id'
        ),
        'customer_ref', o.customer_ref,
        'customer_tier', o.customer_tier,
        'ship_to_region', o.ship_to_region,
        'fulfillment_status_code', o.fulfillment_status_code,
        'billing_status_code', o.billing_status_code,
        'ordered_at', o.ordered_at,
        'promised_at', o.promised_at,
        'is_regulated', o.is_regulated,
        'is_incomplete', o.is_incomplete,
        'currency_code', o.currency_code,
        'value', (
            select round(max(a.amount), 2)::text
            from canonical.order_amounts as a
            where a.thread_id = c.thread_id and a.currency_code = o.currency_code
        )
    ) as value
from ops.cases as c
join canonical.orders as o on o.thread_id = c.thread_id
where c.case_id = any(%(cases)s)
