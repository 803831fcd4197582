"""Which builder says which belief: the one place where the world meets the published words of its systems."""

from __future__ import annotations

from collections.abc import Callable

from crossdock_lab.systems.easypost import payloads as easypost
from crossdock_lab.systems.epcis import payloads as epcis
from crossdock_lab.systems.returns import payloads as returns
from crossdock_lab.systems.sap import payloads as sap
from crossdock_lab.systems.shopify import payloads as shopify
from crossdock_lab.systems.x12 import payloads as x12
from crossdock_lab.systems.zendesk import payloads as zendesk
from crossdock_lab.world.model import Acknowledgement, PurchaseOrder, ReturnLine

OBJECTS: dict[tuple[str, str], Callable[[object], dict]] = {
    ("sap", "sales_orders"): sap.sales_order,
    ("sap", "deliveries"): sap.delivery,
    ("sap", "material_stock"): sap.material_stock,
    ("wms", "events"): epcis.event,
    ("easypost", "trackers"): easypost.tracker,
    ("shop", "orders"): shopify.order,
    ("shop", "fulfillments"): shopify.fulfillment,
    ("shop", "inventory_levels"): shopify.inventory_level,
    ("zendesk", "tickets"): zendesk.ticket,
}
FILES: dict[type, Callable[[object], bytes]] = {
    PurchaseOrder: x12.purchase_order_850,
    Acknowledgement: x12.functional_ack_997,
    ReturnLine: returns.export,
}
