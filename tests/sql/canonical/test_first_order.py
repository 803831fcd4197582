"""One shop order through the ERP, the warehouse and the carrier: what each model makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sql.canonical import payloads as p

ORDER = "shop-main/order/1001"
DELIVERY = "sap-main/delivery/80000001"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """What the five systems sent, and everything built from it."""
    world.record("shop-main", "orders", "450789469", p.shop_order(), "2026-03-01 14:00Z")
    world.record("sap-main", "sales_orders", "4712", p.sales_order(), "2026-03-01 14:10Z")
    world.record("sap-main", "deliveries", "80000001", p.delivery(), "2026-03-02")
    world.record(
        "sap-main", "deliveries", "80000001", p.delivery(shipped="2026-03-03 17:05", LastChangeDate="x"), "2026-03-03"
    )
    world.record(
        "wms-main", "events", "e1", p.event("e1", "picking", "2026-03-03 09:00", {"sku:1": 10}), "2026-03-03 09:00Z"
    )
    world.record(
        "wms-main",
        "events",
        "e2",
        p.event("e2", "packing", "2026-03-03 11:00", {"sku:1": 10}, tracking="1Z1"),
        "2026-03-03 11:00Z",
    )
    world.record(
        "wms-main",
        "events",
        "e3",
        p.event("e3", "shipping", "2026-03-03 17:00", {"sku:1": 10}, tracking="1Z1"),
        "2026-03-03 17:00Z",
    )
    first = [("pre_transit", "2026-03-03T12:00:00Z"), ("in_transit", "2026-03-03T18:00:00Z")]
    world.record("easypost", "trackers", "trk_1", p.tracker(first), "2026-03-03 18:00Z", landed_at="2026-03-03 18:01Z")
    whole = p.tracker([*first, ("delivered", "2026-03-06T10:00:00Z")], estimated="2026-03-06T23:00:00Z")
    world.record("easypost", "trackers", "trk_1", whole, "2026-03-06 10:00Z")
    world.record("shop-main", "fulfillments", "255858046", p.fulfillment(status="in_transit"), "2026-03-03 19:00Z")
    world.build()


def test_one_order_in_four_systems_is_one_thread(world):
    """Shop order, sales order, delivery, parcel, tracker and fulfillment hang on the shop's order."""
    names = {
        row["identifier"]
        for row in world.rows(f"select identifier from canonical.identifiers where thread_id = '{ORDER}'")
    }
    assert {
        ORDER,
        "shop-main/order_id/450789469",
        "sap-main/sales_order/4712",
        DELIVERY,
        "tracking/1Z1",
        "easypost/tracker/trk_1",
    } <= names
    assert world.rows(f"select distinct thread_id from canonical.identifiers where thread_id <> '{ORDER}'") == []


def test_the_order_says_who_ordered_what_and_how_far_it_is(world):
    """Header facts come from the channel and the ERP, the status from the quantities of the lines."""
    order = world.row("select * from canonical.orders")
    assert order["order_id"] == ORDER
    assert (order["partner_order_ref"], order["erp_order_ref"], order["customer_tier"]) == ("1001", "4712", "gold")
    assert (order["fulfillment_status_code"], order["billing_status_code"]) == ("delivered", "not_billed")
    assert (order["ordered_at"], order["promised_at"]) == (at("2026-03-01 14:00"), at("2026-03-08"))
    assert (order["is_incomplete"], order["lines_count"], order["is_regulated"]) == (False, 1, False)
    line = world.row("select * from canonical.order_lines")
    assert line["order_line_id"] == f"{ORDER}#1"
    states = ("ordered", "confirmed", "allocated", "picked", "packed", "shipped", "delivered")
    assert [line[f"{state}_qty"] for state in states] == [Decimal(10)] * 7
    assert (line["cancelled_qty"], line["backordered_qty"], line["unit_price_amount"]) == (0, 0, Decimal(10))
    assert (line["sku"], line["uom_code"], line["warehouse_code"]) == ("SKU-1", "EA", "DC-EAST")


def test_the_shipment_joins_delivery_parcel_and_tracker(world):
    """Day and time of the delivery are one moment; hand-over is the warehouse's word, arrival the carrier's."""
    shipment = world.row("select * from canonical.shipments")
    assert (shipment["shipment_id"], shipment["order_id"], shipment["delivery_ref"]) == (DELIVERY, ORDER, "80000001")
    assert (shipment["carrier_code"], shipment["service_code"], shipment["tracking_number"]) == ("UPS", "Ground", "1Z1")
    assert shipment["shipment_status_code"] == "delivered"
    assert shipment["planned_handover_at"] == at("2026-03-03 17:30")
    assert shipment["handed_over_at"] == at("2026-03-03 17:00")
    assert (shipment["promised_at"], shipment["delivered_at"]) == (at("2026-03-08"), at("2026-03-06 10:00"))
    assert shipment["estimated_delivery_at"] == at("2026-03-06 23:00")
    line = world.row("select * from canonical.shipment_lines")
    assert (line["order_line_id"], line["picked_qty"], line["shipped_qty"], line["picking_done"]) == (
        f"{ORDER}#1",
        10,
        10,
        True,
    )


def test_events_are_told_once_with_the_time_we_learnt_of_them(world):
    """A scan that stands in two versions of a tracker is one event, known since the first of them."""
    events = world.rows(
        "select event_code, reported_by, occurred_at, known_at "
        "from canonical.shipment_events order by occurred_at, event_code"
    )
    assert [(e["event_code"], e["reported_by"]) for e in events] == [
        ("accepted", "shop-main"), ("released", "sap-main"), ("picked", "wms-main"), ("packed", "wms-main"),
        ("manifested", "easypost"), ("shipped", "wms-main"), ("shipped", "sap-main"), ("in_transit", "easypost"),
        ("delivered", "easypost"),
    ]  # fmt: skip
    scan = next(e for e in events if e["event_code"] == "in_transit")
    assert scan["known_at"] == at("2026-03-03 18:01")


def test_beliefs_keep_what_each_system_said_and_when(world):
    """Each system has one current belief of the shipment; what it believed before has an end."""
    now = world.rows(
        "select believed_by, status_code from canonical.status_beliefs "
        "where attribute_code = 'shipment' and superseded_at is null order by 1"
    )
    assert [(b["believed_by"], b["status_code"]) for b in now] == [
        ("easypost", "delivered"), ("sap-main", "shipped"), ("shop-main", "in_transit"), ("wms-main", "shipped"),
    ]  # fmt: skip
    warehouse = world.rows(
        "select status_code, valid_at, superseded_at "
        "from canonical.status_beliefs where believed_by = 'wms-main' order by valid_at"
    )
    assert [b["status_code"] for b in warehouse] == ["picked", "packed", "shipped"]
    assert warehouse[0]["superseded_at"] == warehouse[1]["valid_at"] == at("2026-03-03 11:00")


def test_what_was_ordered_and_what_is_charged_stand_beside_each_other(world):
    """The shop's total against the ERP's net amount, both with freight."""
    amounts = world.rows("select kind_code, stated_by, amount from canonical.order_amounts order by 1")
    assert [tuple(row.values()) for row in amounts] == [
        ("charged", "sap-main", Decimal(105)),
        ("ordered", "shop-main", Decimal(105)),
    ]
