"""Shopify's webhooks: `X-Shopify-Hmac-Sha256` (base64) and `X-Shopify-Topic`."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.core.errors import Unparsable
from crossdock.transport import signatures

FEED_OF_TOPIC = {"orders": "orders", "fulfillments": "fulfillments", "inventory_levels": "inventory_levels"}


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise NotPermitted unless the shop signed exactly these bytes."""
    signatures.verify(secret, body, signatures.header(headers, "x-shopify-hmac-sha256"), encoding="base64")


def route(headers: Mapping[str, str], body: bytes) -> str:
    """The feed by topic, as in `orders/updated`. Raises Unparsable for a topic that no feed reads."""
    topic = signatures.header(headers, "x-shopify-topic")
    feed = FEED_OF_TOPIC.get(topic.partition("/")[0])
    if feed is None:
        raise Unparsable(f"no feed reads the topic {topic!r}", hint="unsubscribe it in the shop")
    return feed
