"""Shopify Admin REST: orders, fulfillments, inventory levels; webhooks with a base64 HMAC."""

from __future__ import annotations

from crossdock.connectors.assembly import Assembled, required, secret_of, typed
from crossdock.connectors.base import Commands, Connector, FeedKind
from crossdock.connectors.shopify import hooks
from crossdock.connectors.shopify.client import ShopifyReader
from crossdock.connectors.shopify.commands import COMMANDS, commands
from crossdock.connectors.shopify.parse import records
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

__all__ = ["COMMANDS", "FEEDS", "command", "connect"]

FEEDS = {
    "orders": FeedKind("poll", "id", pushed=True, doc="Orders with lines, prices and payment status."),
    "fulfillments": FeedKind("poll", "id", pushed=True, doc="What was sent, from the orders that changed."),
    "inventory_levels": FeedKind(
        "poll", "inventory_item_id/location_id", doc="What the shop believes is available, by location."
    ),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one shop; the access token is the connection's password."""
    own = typed(ShopifySettings, settings)
    return Assembled(
        "shopify",
        FEEDS,
        records,
        lambda: ShopifyReader(required(connection, "shopify"), own, gate, settings),
        hooks,
        secret_of(connection),
    )


def command(connection: Connection, settings: dict, gate: Gate) -> Commands:
    """What the same shop can be told."""
    return commands(connection, typed(ShopifySettings, settings), gate, settings)
