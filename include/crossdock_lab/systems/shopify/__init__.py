"""The shop: Shopify Admin REST orders, fulfillments and inventory levels."""
