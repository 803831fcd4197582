"""One order of each channel and what every system of the lab believes of it, for the tests of the lab's faces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
from psycopg.types.json import Jsonb

from crossdock_lab.systems.easypost import payloads as easypost
from crossdock_lab.systems.epcis import payloads as epcis
from crossdock_lab.systems.sap import payloads as sap
from crossdock_lab.systems.shopify import payloads as shopify
from crossdock_lab.systems.zendesk import payloads as zendesk
from crossdock_lab.world.catalogue import CARRIERS, CUSTOMERS, ITEMS, SHOP_SOLD_TO, WAREHOUSES
from crossdock_lab.world.model import (
    Acknowledgement,
    Delivery,
    DeliveryLine,
    EventQuantity,
    Fulfillment,
    InventoryLevel,
    MaterialStock,
    Order,
    OrderLine,
    PurchaseOrder,
    ReturnLine,
    SalesOrder,
    SalesOrderLine,
    ScheduleLine,
    ShopLine,
    ShopOrder,
    Ticket,
    Tracker,
    TrackingDetail,
    WarehouseEvent,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""When the order was placed; lab time of the tests is four days later."""
NOW = AT + timedelta(days=4)
PROMISED = datetime(2026, 3, 7, tzinfo=UTC)
STEPS = ("picking", "packing", "shipping", "receiving")


def order(number: int = 1000017, channel: str = "shop") -> Order:
    """An order of two lines, one sold by the piece and one by the case."""
    return Order(
        number=str(number),
        channel=channel,
        customer=CUSTOMERS[number % 100],
        lines=(
            OrderLine(10, ITEMS[0], 2, ITEMS[0].unit_price),
            OrderLine(20, ITEMS[25], 3, ITEMS[25].unit_price, Decimal("5.00")),
        ),
        freight_amount=Decimal("12.50"),
        ordered_at=AT,
        promised_at=PROMISED,
        sales_order=f"{number % 1000000:010d}",
        shop_order_id=450000000 + number if channel == "shop" else 0,
        purchase_order=f"#{number}" if channel == "shop" else f"PO{number}",
    )


def sales_order(placed: Order, changed_at: datetime = AT) -> SalesOrder:
    lines = tuple(
        SalesOrderLine(
            line.number, line.item, line.item.sap_material, WAREHOUSES[0], line.qty, line.net_amount,
            (ScheduleLine(1, placed.promised_at, line.qty, line.qty),),
        )
        for line in placed.lines
    )  # fmt: skip
    return SalesOrder(placed, lines, SHOP_SOLD_TO, placed.customer.customer_id, AT, changed_at, placed.total_amount)


def delivery(placed: Order, changed_at: datetime = AT + timedelta(hours=20)) -> Delivery:
    lines = tuple(
        DeliveryLine(line.number, line.number, line.item, line.qty, line.qty, "C", "C") for line in placed.lines
    )
    return Delivery(
        f"008{placed.number}", placed, WAREHOUSES[0], CARRIERS[0], lines, AT + timedelta(hours=2), changed_at,
        AT + timedelta(hours=24), placed.promised_at, f"1Z{placed.number}", AT + timedelta(hours=20), *"CCCC",
    )  # fmt: skip


def warehouse_event(placed: Order, step: str = "picking", hours: float = 10) -> WarehouseEvent:
    at = AT + timedelta(hours=hours)
    parts = tuple(EventQuantity(line.number, line.item, line.qty) for line in placed.lines)
    event_id = f"urn:uuid:00000000-0000-4000-8000-{int(placed.number):08d}{STEPS.index(step):04d}"
    if step == "receiving":
        delivery, tracking, back = "", "", f"RMA{placed.number}0"
    else:
        delivery, tracking, back = f"008{placed.number}", "" if step == "picking" else f"1Z{placed.number}", ""
    return WarehouseEvent(event_id, step, delivery, WAREHOUSES[0], at, at + timedelta(minutes=1), parts, tracking, back)


def return_line(placed: Order) -> ReturnLine:
    """The first line of an order, to come back and not received yet."""
    return ReturnLine(
        f"RMA{placed.number}0", placed, placed.lines[0], 1, "DAMAGED", "approved", NOW, NOW + timedelta(hours=2),
        None, None, NOW + timedelta(hours=2),
    )  # fmt: skip


def tracker(placed: Order, created_at: datetime = AT + timedelta(hours=19)) -> Tracker:
    details = (
        TrackingDetail("pre_transit", "Label created", created_at, "Newark", "NJ", "07114"),
        TrackingDetail("in_transit", "Arrived at facility", created_at + timedelta(hours=5), "Newark", "NJ", "07114"),
    )
    return Tracker(
        f"trk_{int(placed.number):032x}", f"1Z{placed.number}", CARRIERS[0], "in_transit", details, created_at,
        details[-1].occurred_at, placed.promised_at, Decimal("35.2"),
    )  # fmt: skip


def shop_lines(placed: Order, *, fulfilled: bool) -> tuple[ShopLine, ...]:
    return tuple(
        ShopLine(
            int(placed.number) * 100 + line.number, line.item, line.item.shop_sku, line.qty, line.unit_price,
            line.discount_amount, line.qty if fulfilled else 0,
        )
        for line in placed.lines
    )  # fmt: skip


def shop_order(placed: Order, updated_at: datetime = AT) -> ShopOrder:
    lines = shop_lines(placed, fulfilled=False)
    return ShopOrder(placed, lines, AT, updated_at, placed.total_amount, placed.freight_amount, Decimal("5.00"))


def fulfillment(placed: Order) -> Fulfillment:
    at = AT + timedelta(hours=21)
    lines = shop_lines(placed, fulfilled=True)
    return Fulfillment(
        255000000 + int(placed.number), placed, f"#{placed.number}.1", WAREHOUSES[0], CARRIERS[0], f"1Z{placed.number}",
        lines, at, at, shipment_status="in_transit",
    )  # fmt: skip


def purchase_order(placed: Order) -> PurchaseOrder:
    parts = tuple(line.item.edi_part for line in placed.lines)
    return PurchaseOrder(placed, parts, tuple(line.unit_price for line in placed.lines), 4711, AT)


def acknowledgement(verdict: str = "A") -> Acknowledgement:
    return Acknowledgement("PR", "815", "855", "0001", verdict, 4712, AT)


def ticket(placed: Order) -> Ticket:
    at = AT + timedelta(days=2)
    return Ticket(9001, placed, "Where is my order?", "It was due yesterday.", "open", "normal", at, at)


def stock() -> MaterialStock:
    return MaterialStock(ITEMS[0], WAREHOUSES[0], 340)


def inventory_level() -> InventoryLevel:
    return InventoryLevel(ITEMS[0], WAREHOUSES[0], 338, AT)


def put(
    connection: psycopg.Connection, system: str, kind: str, object_id: str, body: dict, at: datetime, order_id: str = ""
) -> None:
    """Store one object as the world does."""
    connection.execute(
        """
        insert into lab.objects (system, kind, object_id, body, order_id, created_at, changed_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        [system, kind, object_id, Jsonb(body), order_id or None, at, at],
    )


def fill(connection: psycopg.Connection, orders: int = 1) -> None:
    """A world of some shop orders, each at the same point of its life, changed a second after the one before."""
    for index in range(orders):
        placed, later = order(1000017 + index), timedelta(seconds=index)
        changed = AT + later
        _note(connection, placed)
        put(
            connection,
            "sap",
            "sales_orders",
            placed.sales_order,
            sap.sales_order(sales_order(placed, changed)),
            changed,
            placed.order_id,
        )
        shipped = delivery(placed)
        put(connection, "sap", "deliveries", shipped.number, sap.delivery(shipped), shipped.changed_at, placed.order_id)
        for step, hours in (("picking", 10), ("shipping", 20)):
            seen = warehouse_event(placed, step, hours + index / 3600)
            put(connection, "wms", "events", seen.event_id, epcis.event(seen), seen.recorded_at, placed.order_id)
        followed = tracker(placed, AT + timedelta(hours=19) + later)
        put(
            connection,
            "easypost",
            "trackers",
            followed.tracker_id,
            easypost.tracker(followed),
            followed.created_at,
            placed.order_id,
        )
        bought = shop_order(placed, changed)
        put(connection, "shop", "orders", str(placed.shop_order_id), shopify.order(bought), changed, placed.order_id)
        sent = fulfillment(placed)
        put(
            connection,
            "shop",
            "fulfillments",
            str(sent.fulfillment_id),
            shopify.fulfillment(sent),
            sent.updated_at,
            placed.order_id,
        )
    _fill_once(connection)


def put_fresh(connection: psycopg.Connection, number: int = 2000001, channel: str = "direct", **said: object) -> Order:
    """An order of which nothing has been picked: its sales order as `said`, its delivery, its stock everywhere."""
    placed = order(number, channel)
    _note(connection, placed)
    shown = replace(sales_order(placed), **said)
    put(connection, "sap", "sales_orders", placed.sales_order, sap.sales_order(shown), AT, placed.order_id)
    waiting = replace(delivery(placed), tracking_number="", goods_issued_at=None, picking_status="A",
                      packing_status="A", goods_movement_status="A", process_status="A",
                      lines=tuple(replace(x, picking_status="A", goods_movement_status="A")
                                  for x in delivery(placed).lines))  # fmt: skip
    put(connection, "sap", "deliveries", waiting.number, sap.delivery(waiting), AT, placed.order_id)
    for line in placed.lines:
        for place in WAREHOUSES:
            key = f"{line.item.sap_material}/{place.sap_plant}/{place.sap_storage_location}"
            body = sap.material_stock(MaterialStock(line.item, place, 40))
            connection.execute(
                """insert into lab.objects (system, kind, object_id, body, created_at, changed_at)
                   values ('sap', 'material_stock', %s, %s, %s, %s) on conflict do nothing""",
                [key, Jsonb(body), AT, AT],
            )
    return placed


def _note(connection: psycopg.Connection, placed: Order) -> None:
    """The world knows the order."""
    connection.execute(
        """insert into lab.orders (number, order_id, channel, ordered_at, ends_at) values (%s, %s, %s, %s, %s)
           on conflict do nothing""",
        [placed.number, placed.order_id, placed.channel, AT, AT + timedelta(days=9)],
    )


def _fill_once(connection: psycopg.Connection) -> None:
    held, level, asked = stock(), inventory_level(), ticket(order())
    put(connection, "sap", "material_stock", f"{held.item.sap_material}/1710/171A", sap.material_stock(held), AT)
    level_id = f"{level.item.shop_inventory_item_id}/{level.warehouse.shop_location_id}"
    put(connection, "shop", "inventory_levels", level_id, shopify.inventory_level(level), AT)
    put(connection, "zendesk", "tickets", str(asked.ticket_id), zendesk.ticket(asked), asked.updated_at)
    connection.execute("insert into lab.clock (started_at, processed_through) values (%s, %s)", [AT, NOW])
