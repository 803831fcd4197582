"""SAP's collections to records; addresses and links of the server that answered are left out of the payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from crossdock.connectors.base import Record
from crossdock.connectors.payload import records_of, text, unreadable
from crossdock.connectors.sap_s4 import odata

STOCK_KEY = (
    "Material", "Plant", "StorageLocation", "Batch", "Supplier", "Customer", "WBSElementInternalID", "SDDocument",
    "SDDocumentItem", "InventorySpecialStockType", "InventoryStockType",
)  # fmt: skip


def records(feed: str, data: object) -> Iterator[Record]:
    """A page of a collection or a single entity. Raises Unparsable."""
    items = odata.results(data)
    if items is None and isinstance(data, dict) and isinstance(data.get("d"), dict):
        items = [data["d"]]
    if items is None:
        raise unreadable(f"sap_s4.{feed}", data)
    try:
        kept = odata.bare(items)
    except RecursionError:
        raise unreadable(f"sap_s4.{feed}", data) from None
    return records_of(kept, KEYS[feed], CHANGED[feed])


def _stock_key(item: dict) -> str:
    """All key fields, in the order of the EDMX; empty ones stay empty."""
    return "/".join(text(item.get(name)) for name in STOCK_KEY) if text(item.get("Material")) else ""


def _order_changed_at(item: dict) -> datetime | None:
    return odata.moment(item.get("LastChangeDateTime"))


def _delivery_changed_at(item: dict) -> datetime | None:
    """The day of the last change: deliveries have no time of change, so versions of a day follow as they landed."""
    return odata.moment(item.get("LastChangeDate")) or odata.moment(item.get("CreationDate"))


def _never(item: dict) -> None:
    return None


KEYS: dict[str, Callable[[dict], str]] = {
    "sales_orders": lambda item: text(item.get("SalesOrder")),
    "deliveries": lambda item: text(item.get("DeliveryDocument")),
    "material_stock": _stock_key,
}
CHANGED: dict[str, Callable[[dict], datetime | None]] = {
    "sales_orders": _order_changed_at,
    "deliveries": _delivery_changed_at,
    "material_stock": _never,
}
