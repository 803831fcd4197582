"""What Crossdock can tell SAP. Somebody else's change between our reading and our writing is a Conflict."""

from __future__ import annotations

from crossdock.connectors.base import CommandKind, Commands
from crossdock.connectors.sap_s4 import deliveries, orders, show
from crossdock.connectors.sap_s4.session import SapSession
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.connectors.telling import Telling
from crossdock.core.connections import Connection
from crossdock.transport.gate import Gate

BEFORE = ("previous",)
COMMANDS = {
    "create_delivery": CommandKind(
        "Deliver items of a sales order from a plant; items: [{order_item, quantity}]; found again by its reference.",
        "delete_delivery",
        ("order", "warehouse_plant", "items", "reference"),
        ("shipping_point",),
        ("delivery",),
    ),
    "delete_delivery": CommandKind(
        "Delete a delivery of which nothing was picked.", None, ("delivery",), (), ("gone",)
    ),
    "set_delivery_quantity": CommandKind(
        "Let so much of a delivery's item leave.",
        "set_delivery_quantity",
        ("delivery", "item", "quantity"),
        BEFORE,
        BEFORE,
    ),
    "post_goods_issue": CommandKind(
        "Say that a picked and packed delivery has left.", "reverse_goods_issue", ("delivery",)
    ),
    "reverse_goods_issue": CommandKind("Take a goods issue back.", "post_goods_issue", ("delivery",)),
    "set_item_plant": CommandKind(
        "Deliver an item from another plant.", "set_item_plant", ("order", "item", "plant"), BEFORE, BEFORE
    ),
    "set_promise": CommandKind(
        "Promise the order for a day (YYYY-MM-DD).", "set_promise", ("order", "date"), BEFORE, BEFORE
    ),
    "set_delivery_block": CommandKind(
        "Block an order for delivery with a code; '' releases it.",
        "set_delivery_block",
        ("order", "code"),
        BEFORE,
        BEFORE,
    ),
    "set_billing_block": CommandKind(
        "Block an order for billing with a code; '' releases it.",
        "set_billing_block",
        ("order", "code"),
        BEFORE,
        BEFORE,
    ),
    "release_credit": CommandKind("Release an order that is blocked for credit.", None, ("order",)),
    "set_item_price": CommandKind(
        "Charge an item at a rate a unit.", "set_item_price", ("order", "item", "rate"), BEFORE, BEFORE
    ),
    "set_tracking": CommandKind(
        "Give a delivery another parcel number and, as SAP's route, another carrier.",
        "set_tracking",
        ("delivery", "tracking_number"),
        ("carrier", *BEFORE),
        (*BEFORE, "previous_carrier"),
    ),
}
"""`previous` in a payload is what the planner saw before: the reply says it where the change is found made already."""

RUNS = {
    "create_delivery": deliveries.create,
    "delete_delivery": deliveries.delete,
    "set_delivery_quantity": deliveries.set_quantity,
    "post_goods_issue": deliveries.post_goods_issue,
    "reverse_goods_issue": deliveries.reverse_goods_issue,
    "set_item_plant": orders.set_item_plant,
    "set_promise": orders.set_promise,
    "set_delivery_block": orders.set_delivery_block,
    "set_billing_block": orders.set_billing_block,
    "release_credit": orders.release_credit,
    "set_item_price": orders.set_item_price,
    "set_tracking": deliveries.set_tracking,
}
READS = {"sales_order": show.sales_order, "delivery": show.delivery}


def commands(connection: Connection, own: SapSettings, gate: Gate, partner: dict) -> Commands:
    """The commands of one SAP system; what `read` gives is documented in `show.py`."""
    return Telling("sap_s4", COMMANDS, RUNS, READS, SapSession(connection, own, gate, partner))
