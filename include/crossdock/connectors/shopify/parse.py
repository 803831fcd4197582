"""Shopify's documents to records. An order's own fulfillments also make the fulfillments feed."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.connectors.base import Record
from crossdock.connectors.payload import moment, records_of, text, unreadable

ONE = {"orders": "order", "fulfillments": "fulfillment", "inventory_levels": "inventory_level"}


def records(feed: str, data: object) -> Iterator[Record]:
    """A page, a single object under its name, or a webhook's bare object. Raises Unparsable."""
    items = _items(feed, data)
    if items is None:
        raise unreadable(f"shopify.{feed}", data)
    return records_of(items, _level_key if feed == "inventory_levels" else _key, _changed_at)


def _items(feed: str, data: object) -> list | None:
    if not isinstance(data, dict):
        return None
    if isinstance(data.get(feed), list) and "id" not in data:
        return data[feed]
    if feed == "fulfillments" and isinstance(data.get("orders"), list):
        return [each for order in data["orders"] for each in _fulfillments(order)]
    if feed == "fulfillments" and isinstance(data.get("order"), dict):
        return _fulfillments(data["order"])
    if isinstance(data.get(ONE[feed]), dict):
        return [data[ONE[feed]]]
    return [data] if "id" in data or "inventory_item_id" in data else None


def _fulfillments(order: object) -> list:
    found = order.get("fulfillments") if isinstance(order, dict) else None
    return found if isinstance(found, list) else []


def _key(item: dict) -> str:
    return text(item.get("id"))


def _level_key(item: dict) -> str:
    item_id, location_id = text(item.get("inventory_item_id")), text(item.get("location_id"))
    return f"{item_id}/{location_id}" if item_id and location_id else ""


def _changed_at(item: dict):
    return moment(item.get("updated_at"))
