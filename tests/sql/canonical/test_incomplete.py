"""What is missing, set aside or early is shown for what it is; the rest flows on."""

from __future__ import annotations

import pytest

from sql.canonical import payloads as p


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """Orders with gaps, a parcel before its order, and codes that nobody mapped."""
    world.record("shop-main", "orders", "1", p.shop_order("2001", [], id=1), "2026-03-01Z")
    lines = [p.shop_line(1), p.shop_line(2, "NEW-ITEM")]
    partly = world.record("shop-main", "orders", "2", p.shop_order("2002", lines, id=2), "2026-03-01Z")
    world.set_aside(partly, "lines/2", order_ref="2002")
    refused = world.record("shop-main", "orders", "3", p.shop_order("2003", id=3, total_price="?"), "2026-03-01Z")
    world.set_aside(refused, order_ref="#2003")
    world.record("shop-main", "orders", "4", p.shop_order("2004", id=4), "2026-03-01Z")
    newer = world.record("shop-main", "orders", "4", p.shop_order("2004", id=4, financial_status="odd"), "2026-03-02Z")
    world.set_aside(newer, order_ref="#2004")
    world.record(
        "easypost",
        "trackers",
        "trk_7",
        p.tracker([("in_transit", "2026-03-04T08:00:00Z")], code="1Z7", tracker_id="trk_7"),
        "2026-03-04Z",
    )
    world.record("sap-main", "deliveries", "70", p.delivery("70", [p.delivery_item(order="999")]), "2026-03-02Z")
    broken = p.shop_order("2005", id=5, line_items={"not": "a list"}, note_attributes=None, total_price="many")
    world.record("shop-main", "orders", "5", broken, "2026-03-01Z")
    world.record("shop-main", "orders", "6", p.shop_order("2006", id=6), "2026-03-01Z")
    never_fit = p.sales_order("4800", PurchaseOrderByCustomer="2006")
    unfit = world.record("sap-main", "sales_orders", "4800", never_fit, "2026-03-01Z")
    world.set_aside(unfit, order_ref="4800")
    world.build()


def order(world, number: str) -> dict:
    return world.row(f"select * from canonical.orders where order_id = 'shop-main/order/{number}'")


def test_an_order_without_lines_is_an_order(world):
    """It is canonical, and incomplete."""
    found = order(world, "2001")
    assert (found["is_incomplete"], found["incomplete_reason"], found["lines_count"]) == (True, "no_lines", 0)
    assert found["fulfillment_status_code"] == "accepted"


def test_a_line_set_aside_leaves_the_others(world):
    """One unmapped line of two: the order flows with one, and says so."""
    found = order(world, "2002")
    assert (found["is_incomplete"], found["incomplete_reason"], found["lines_count"]) == (True, "lines_set_aside", 1)
    gap = world.row("select * from canonical.quarantined_records where part = 'lines/2'")
    assert (gap["thread_id"], gap["order_id"]) == ("shop-main/order/2002", "shop-main/order/2002")


def test_an_order_set_aside_as_a_whole_is_still_named(world):
    """No order is made of it, but what is set aside stands in the order's own thread."""
    assert world.rows("select * from canonical.orders where order_id = 'shop-main/order/2003'") == []
    gap = world.row("select * from canonical.quarantined_records where order_ref = '#2003'")
    assert gap["order_id"] == "shop-main/order/2003"


def test_a_sales_order_never_fit_still_stands_for_its_channels_order(world):
    """Its first version is set aside as a whole: the gap belongs to the shop's order, not to a thread of its own."""
    gap = world.row("select * from canonical.quarantined_records where order_ref = '4800'")
    assert gap["thread_id"] == "shop-main/order/2006"


def test_a_newer_version_set_aside_leaves_the_older_one_standing(world):
    """The order stays as it was last fit."""
    assert order(world, "2004")["billing_status_code"] == "paid"


def test_a_parcel_before_its_order_waits_in_its_own_thread(world):
    """A tracker whose delivery nobody knows is a shipment without an order."""
    found = world.row("select * from canonical.shipments where thread_id = 'tracking/1Z7'")
    assert (found["shipment_id"], found["order_id"], found["shipment_status_code"]) == (
        "tracking/1Z7",
        None,
        "in_transit",
    )


def test_a_delivery_before_its_order_makes_no_order(world):
    """The delivery stands in the thread of the order it names; there is no order until its document is here."""
    found = world.row("select * from canonical.shipments where delivery_ref = '70'")
    assert found["thread_id"] == "sap-main/sales_order/999"
    assert world.rows("select * from canonical.orders where thread_id = 'sap-main/sales_order/999'") == []


def test_a_payload_of_another_shape_stops_nobody(world):
    """Where the contract let it pass, what cannot be read is null, and every other order is built."""
    found = order(world, "2005")
    assert (found["lines_count"], found["promised_at"]) == (0, None)
