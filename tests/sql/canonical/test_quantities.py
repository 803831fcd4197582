"""Quantities per line and state are the truth, and the header's status follows from them."""

from __future__ import annotations

import pytest

from sql.canonical import payloads as p


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """Orders of every awkward kind: each a shop order, an ERP order and what became of it."""
    split(world)
    short(world)
    backorder(world)
    left_behind(world)
    shared_item(world)
    cancelled(world)
    direct(world)
    world.build()


def order(world, number: str, items: list[dict], lines: list[dict] | None = None, **fields: object) -> None:
    """A shop order 1<number> and its sales order <number>."""
    shop = p.shop_order(f"1{number}", lines or [p.shop_line()], id=int(number))
    world.record("shop-main", "orders", number, shop, "2026-03-01 14:00Z")
    given = p.sales_order(number, items, PurchaseOrderByCustomer=f"#1{number}", **fields)
    world.record("sap-main", "sales_orders", number, given, "2026-03-01 15:00Z")


def moved(world, event_id: str, step: str, quantities: dict[str, float], delivery: str) -> None:
    """A warehouse event of 3 March."""
    at = {"picking": "2026-03-03 09:00", "packing": "2026-03-03 10:00", "shipping": "2026-03-03 17:00"}[step]
    world.record("wms-main", "events", event_id, p.event(event_id, step, at, quantities, delivery=delivery), f"{at}Z")


def split(world) -> None:
    """700: one line leaves in two deliveries, one of which has been shipped."""
    order(world, "700", [p.item()])
    for number, qty in (("8001", "6"), ("8002", "4")):
        world.record(
            "sap-main", "deliveries", number, p.delivery(number, [p.delivery_item(qty=qty, order="700")]), "2026-03-02Z"
        )
    for step in ("picking", "packing", "shipping"):
        moved(world, f"700{step}", step, {"sku:1": 6}, "8001")


def short(world) -> None:
    """701: seven of ten were found."""
    order(world, "701", [p.item()])
    world.record("sap-main", "deliveries", "8003", p.delivery("8003", [p.delivery_item(order="701")]), "2026-03-02Z")
    moved(world, "701a", "picking", {"sku:1": 4}, "8003")
    moved(world, "701b", "picking", {"sku:1": 3}, "8003")


def backorder(world) -> None:
    """702: six of ten are confirmed and shipped, four wait for stock."""
    order(world, "702", [p.item(confirmed="6")])
    world.record(
        "sap-main", "deliveries", "8004", p.delivery("8004", [p.delivery_item(qty="6", order="702")]), "2026-03-02Z"
    )
    for step in ("picking", "packing", "shipping"):
        moved(world, f"702{step}", step, {"sku:1": 6}, "8004")


def left_behind(world) -> None:
    """707: ten confirmed, six shipped on a delivery that was cut to six; 708: two deliveries, one has left."""
    order(world, "707", [p.item()])
    cut = p.delivery("8006", [p.delivery_item(qty="6", order="707")])
    world.record("sap-main", "deliveries", "8006", cut, "2026-03-02Z")
    order(world, "708", [p.item()])
    for number, qty in (("8007", "6"), ("8008", "4")):
        part = p.delivery(number, [p.delivery_item(qty=qty, order="708")])
        world.record("sap-main", "deliveries", number, part, "2026-03-02Z")
    for number, delivery in (("707", "8006"), ("708", "8007")):
        for step in ("picking", "packing", "shipping"):
            moved(world, f"{number}{step}", step, {"sku:1": 6}, delivery)


def shared_item(world) -> None:
    """703: two lines of one item; the warehouse picked eleven of 5 + 8 and knows no lines."""
    lines = [p.shop_line(1, qty=5), p.shop_line(2, qty=8)]
    order(
        world,
        "703",
        [p.item("10", qty="5", confirmed="5", line=""), p.item("20", qty="8", confirmed="8", line="")],
        lines,
    )
    items = [p.delivery_item("10", "5", order="703", line="10"), p.delivery_item("20", "8", order="703", line="20")]
    world.record("sap-main", "deliveries", "8005", p.delivery("8005", items), "2026-03-02Z")
    moved(world, "703a", "picking", {"sku:1": 11}, "8005")


def cancelled(world) -> None:
    """704: the ERP has rejected every item; 705: the shop has called it off and the ERP does not know yet."""
    order(world, "704", [p.item(SalesDocumentRjcnReason="ZZ")], OverallSDDocumentRejectionSts="C")
    order(world, "705", [p.item()])
    called_off = p.shop_order("1705", [p.shop_line()], id=705, cancelled_at="2026-03-02T10:00:00Z")
    world.record("shop-main", "orders", "705", called_off, "2026-03-02 10:00Z")


def direct(world) -> None:
    """706: known to the ERP alone, two lines of which one is unconfirmed."""
    items = [p.item("10", line=""), p.item("20", "TG12", confirmed="0", line="", MaterialGroup="REGUL")]
    given = p.sales_order("706", items, SoldToParty="10200001", PurchaseOrderByCustomer="by phone")
    world.record("sap-main", "sales_orders", "706", given, "2026-03-01 15:00Z")


def line(world, number: str) -> dict:
    return world.row(f"select * from canonical.order_lines where order_line_id = 'shop-main/order/1{number}'")


def status(world, order_id: str) -> str:
    return world.row(f"select fulfillment_status_code as code from canonical.orders where order_id = '{order_id}'")[
        "code"
    ]


def test_a_split_shipment_adds_up(world):
    """Ten are on deliveries, six have left: the order is released, not shipped."""
    found = line(world, "700#1")
    assert (found["allocated_qty"], found["picked_qty"], found["shipped_qty"]) == (10, 6, 6)
    assert status(world, "shop-main/order/1700") == "released"
    statuses = world.rows(
        "select shipment_status_code as code from canonical.shipments "
        "where order_id = 'shop-main/order/1700' order by 1"
    )
    assert [row["code"] for row in statuses] == ["released", "shipped"]


def test_a_partial_pick_stays_partial(world):
    """Two picks of four and three are seven; picking is not done."""
    found = world.row("select * from canonical.shipment_lines where shipment_id = 'sap-main/delivery/8003'")
    assert (found["delivery_qty"], found["picked_qty"], found["picking_done"]) == (10, 7, False)
    assert status(world, "shop-main/order/1701") == "released"


def test_what_waits_for_stock_is_a_backorder(world):
    """Everything that could be sent was sent: the rest makes it backordered."""
    found = line(world, "702#1")
    assert (found["confirmed_qty"], found["shipped_qty"], found["backordered_qty"]) == (6, 6, 4)
    assert status(world, "shop-main/order/1702") == "backordered"


def test_what_a_delivery_left_behind_is_a_backorder_until_another_takes_it(world):
    """The ERP still confirms all ten: what has left and what is on no delivery tell more."""
    found = line(world, "707#1")
    assert (found["confirmed_qty"], found["shipped_qty"], found["backordered_qty"]) == (10, 6, 4)
    assert status(world, "shop-main/order/1707") == "backordered"
    assert line(world, "708#1")["backordered_qty"] == 0


def test_quantities_add_up(world):
    """Called off, shipped and waiting for stock are never more than ordered, and a later state than an earlier."""
    wrong = world.rows(
        "select order_line_id from canonical.order_lines "
        "where cancelled_qty + shipped_qty + backordered_qty > ordered_qty "
        "or not (delivered_qty <= shipped_qty and shipped_qty <= packed_qty and packed_qty <= picked_qty)"
    )
    assert wrong == []


def test_lines_of_one_item_share_what_was_picked(world):
    """The first line is filled, the second gets what is left; nothing is counted twice."""
    assert [line(world, f"703#{n}")["picked_qty"] for n in (1, 2)] == [5, 6]


def test_a_cancelled_order_owes_nothing(world):
    """Rejected by the ERP: cancelled, with nothing open and nothing backordered."""
    found = line(world, "704#1")
    assert (found["cancelled_qty"], found["backordered_qty"]) == (10, 0)
    assert status(world, "shop-main/order/1704") == "cancelled"


def test_the_shop_alone_cannot_cancel_what_the_erp_has(world):
    """Both beliefs are kept; the status is the ERP's, the system of record."""
    assert status(world, "shop-main/order/1705") == "allocated"
    said = world.rows(
        "select believed_by, status_code from canonical.status_beliefs "
        "where order_id = 'shop-main/order/1705' and attribute_code = 'fulfillment' "
        "and superseded_at is null order by 1"
    )
    assert [tuple(row.values()) for row in said] == [("sap-main", "accepted"), ("shop-main", "cancelled")]


def test_direct_sales_have_the_erps_own_numbers(world):
    """An order without a channel is its sales order's; its items keep their numbers, regulated goods mark it."""
    found = world.rows(
        "select line_number, backordered_qty from canonical.order_lines "
        "where order_id = 'sap-main/sales_order/706' order by 1"
    )
    assert [tuple(row.values()) for row in found] == [("10", 0), ("20", 10)]
    header = world.row("select * from canonical.orders where order_id = 'sap-main/sales_order/706'")
    assert (header["channel_code"], header["is_regulated"], header["partner_order_ref"]) == ("direct", True, "706")
    amounts = world.rows(
        "select kind_code, amount from canonical.order_amounts where order_id = 'sap-main/sales_order/706' order by 1"
    )
    assert [row["kind_code"] for row in amounts] == ["charged", "ordered"]
