"""Outbound deliveries from outside: made with reference to a sales order, and deleted again."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.systems.http import Lab, Write
from crossdock_lab.systems.sap import odata, payloads
from crossdock_lab.systems.sap.refusals import business_no
from crossdock_lab.systems.sap.sets import Row, children
from crossdock_lab.systems.sap.writes import deliveries_of, items_of
from crossdock_lab.systems.store import Store, Stored
from crossdock_lab.world.catalogue import CARRIERS, CUSTOMERS, ITEMS, WAREHOUSES
from crossdock_lab.world.model import Customer, Delivery, DeliveryLine, Order, Warehouse

HEADER, ITEM = {"ShippingPoint"}, {
    "ReferenceSDDocument", "ReferenceSDDocumentItem", "ActualDeliveryQuantity", "DeliveryQuantityUnit",
}  # fmt: skip
"""What the published service lets a caller give when it makes a delivery."""
FIRST = 890_000_000
"""Deliveries from outside are numbered beyond those of the world."""
HANDOVER_AFTER = timedelta(hours=12)


async def create(lab: Lab, write: Write) -> str:
    """Make the delivery that a POST asks for; its number. Raises Refusal where SAP's rules say no."""
    place, order_number, wanted = _asked(write.given)
    await write.lock(f"sap/sales_orders/{order_number}")
    order = await lab.store.get("sap", "sales_orders", order_number)
    if order is None:
        raise business_no("VL/009", f"Sales order {order_number} does not exist")
    before = await deliveries_of(lab.store, order)
    lines = []
    if write.first is None:
        _refuse_blocked(order.payload)
        lines = [_line(order, before, n, *asked) for n, asked in enumerate(wanted.items(), start=1)]
        await _refuse_unavailable(lab.store, place, lines)

    def make(number: int) -> tuple[str, Row]:
        delivery = f"{FIRST + number:010d}"
        params = {"delivery": delivery, "warehouse": place.code, "lines": {str(x.order_line): x.qty for x in lines}}
        write.intervene(order.order_id, "delivery", params)
        return delivery, _body(delivery, place, order, before, tuple(lines), write.now)

    return await write.insert("deliveries", make, order.order_id)


async def delete(lab: Lab, write: Write, row: Row) -> None:
    """Delete a delivery of which nothing has been picked."""
    number = row["DeliveryDocument"]
    stored = await lab.store.get("sap", "deliveries", number)
    picked = await lab.store.objects("wms", "events", "order_id = %s", [stored.order_id])
    if row["OverallPickingStatus"] != "A" or any(_is_pick(event.payload, number) for event in picked):
        raise business_no("VL/611", f"Delivery {number} has been picked and cannot be deleted")
    if row["OverallGoodsMovementStatus"] != "A":
        raise business_no("VL/605", f"Goods issue of delivery {number} has been posted")
    await write.delete("deliveries", number)
    write.intervene(stored.order_id, "delete_delivery", {"delivery": number})


def _is_pick(event: Row, number: str) -> bool:
    papers = event.get("bizTransactionList") or []
    return event.get("bizStep") == "picking" and any(p["bizTransaction"].endswith(f":{number}") for p in papers)


def _asked(given: Row) -> tuple[Warehouse, str, dict[str, Decimal]]:
    """The place, the sales order and the quantity of each of its items. Raises Refusal for what SAP cannot read."""
    items = given.get("to_DeliveryDocumentItem") or []
    items = items.get("results", []) if isinstance(items, dict) else items
    unknown = (set(given) - HEADER - {"to_DeliveryDocumentItem"}) | {n for item in items for n in set(item) - ITEM}
    if unknown:
        raise business_no("/IWBEP/CM_MGW/003", f"{', '.join(sorted(unknown))} cannot be given for a new delivery")
    place = next((p for p in WAREHOUSES if p.sap_shipping_point == given.get("ShippingPoint")), None)
    if place is None:
        raise business_no("VL/007", f"Shipping point {given.get('ShippingPoint')} does not exist")
    orders = {str(item.get("ReferenceSDDocument", "")).zfill(10) for item in items}
    if len(orders) != 1:
        raise business_no("VL/010", "A delivery is made with reference to the items of one sales order")
    wanted = {
        str(item["ReferenceSDDocumentItem"]).lstrip("0"): Decimal(str(item["ActualDeliveryQuantity"])) for item in items
    }
    return place, orders.pop(), wanted


def _refuse_blocked(order: Row) -> None:
    if order["DeliveryBlockReason"]:
        raise business_no("VL/149", f"Sales order {order['SalesOrder']} is blocked for delivery")
    if order["TotalCreditCheckStatus"] == "B":
        raise business_no("VL/150", f"Sales order {order['SalesOrder']} is blocked for credit")


def _line(order: Stored, before: list[Stored], position: int, number: str, qty: Decimal) -> DeliveryLine:
    """One line of the new delivery, if so much of the item is still open."""
    items = {str(item["SalesOrderItem"]): item for item in children(order.payload, "to_Item")}
    if number not in items or items[number]["SalesDocumentRjcnReason"]:
        raise business_no("VL/248", f"Item {number} of sales order {order.object_id} is not open for delivery")
    delivered = sum(
        Decimal(item["ActualDeliveryQuantity"])
        for delivery in before
        for item in items_of(delivery)
        if str(item["ReferenceSDDocumentItem"]).lstrip("0") == number
    )
    still_open = Decimal(items[number]["RequestedQuantity"]) - delivered
    if not 0 < qty <= still_open or qty != int(qty):
        raise business_no("VL/362", f"Only {still_open} of item {number} is open for delivery")
    goods = next((item for item in ITEMS if item.sap_material == items[number]["Material"]), None)
    if goods is None:
        raise business_no("VL/246", f"Material {items[number]['Material']} does not exist")
    return DeliveryLine(position * 10, int(number), goods, int(qty), int(qty))


async def _refuse_unavailable(store: Store, place: Warehouse, lines: list[DeliveryLine]) -> None:
    """The availability check: what the plant does not hold cannot be delivered from it."""
    for line in lines:
        key = f"{line.item.sap_material}/{place.sap_plant}/{place.sap_storage_location}"
        stock = await store.get("sap", "material_stock", key)
        held = Decimal(stock.payload["MatlWrhsStkQtyInMatlBaseUnit"]) if stock else Decimal(0)
        if held < line.qty:
            raise business_no("VL/019", f"Only {held} of {line.item.sap_material} is available in {place.sap_plant}")


def _body(
    number: str, place: Warehouse, order: Stored, before: list[Stored], lines: tuple[DeliveryLine, ...], now: datetime
) -> Row:
    """A_OutbDeliveryHeader of the new delivery, as the world would show it."""
    last = before[-1].payload if before else {}
    ship_to = last.get("ShipToParty") or order.payload["SoldToParty"]
    carrier = next((c for c in CARRIERS if c.sap_route == last.get("ProposedDeliveryRoute")), CARRIERS[0])
    placed = _order(order.payload, ship_to)
    given = Delivery(
        number, placed, place, carrier, lines, now, now, now + HANDOVER_AFTER, placed.promised_at
    )  # fmt: skip
    body = payloads.delivery(given)
    return body | {"CreatedByUser": "CROSSDOCK", "SoldToParty": order.payload["SoldToParty"]}


def _order(shown: Row, ship_to: str) -> Order:
    """What a delivery needs to know of its order, out of what SAP shows of it."""
    channel = {code: name for name, code in payloads.CHANNELS.items()}[shown["DistributionChannel"]]
    unknown = Customer(ship_to, "", "", "", "", "", "", "")
    return Order(
        number="",
        channel=channel,
        customer=next((customer for customer in CUSTOMERS if customer.customer_id == ship_to), unknown),
        lines=(),
        freight_amount=Decimal(0),
        ordered_at=odata.native(shown["SalesOrderDate"]),
        promised_at=odata.native(shown["RequestedDeliveryDate"]),
        sales_order=shown["SalesOrder"],
        shop_order_id=0,
        purchase_order=shown["PurchaseOrderByCustomer"],
        incoterms=shown["IncotermsClassification"],
        currency=shown["TransactionCurrency"],
    )
