"""SAP S/4HANA over OData v2: sales orders, outbound deliveries, material stock.

Field names are those of the published EDMX of API_SALES_ORDER_SRV, API_OUTBOUND_DELIVERY_SRV (0002) and
API_MATERIAL_STOCK_SRV.
"""

from __future__ import annotations

from crossdock.connectors.assembly import Assembled, required, typed
from crossdock.connectors.base import Commands, Connector, FeedKind
from crossdock.connectors.sap_s4.client import SapReader
from crossdock.connectors.sap_s4.commands import COMMANDS, commands
from crossdock.connectors.sap_s4.parse import records
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

__all__ = ["COMMANDS", "FEEDS", "command", "connect"]

FEEDS = {
    "sales_orders": FeedKind("poll", "SalesOrder", doc="Sales orders with items and schedule lines."),
    "deliveries": FeedKind("poll", "DeliveryDocument", doc="Outbound deliveries with items."),
    "material_stock": FeedKind(
        "snapshot",
        "Material/Plant/StorageLocation/Batch/…/InventoryStockType",
        doc="Stock quantities as they stand: there is no change time, snapshots are compared.",
    ),
}


def connect(connection: Connection | None, settings: dict, gate: Gate) -> Connector:
    """The connector of one SAP system: basic or OAuth2 login from the connection."""
    own = typed(SapSettings, settings)
    return Assembled("sap_s4", FEEDS, records, lambda: SapReader(required(connection, "sap_s4"), own, gate, settings))


def command(connection: Connection, settings: dict, gate: Gate) -> Commands:
    """What the same SAP system can be told."""
    return commands(connection, typed(SapSettings, settings), gate, settings)
