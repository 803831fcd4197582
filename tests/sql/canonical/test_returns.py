"""What comes back, as returns system, ERP, carrier and warehouse have it, in whatever order they say so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crossdock.db.connect import connect
from crossdock.lanes import models
from crossdock.lanes.lane import Lane
from sql.canonical import payloads as p

RETURN = {
    "return_ref": "R7", "order_ref": "0000004712", "line_number": "10", "sku": "SKU-1", "return_qty": "3",
    "status": "refunded", "reason_code": "Mrs Miller rang",
    "requested_at": "2026-03-08T09:00:00Z", "refunded_at": "2026-03-12T09:00:00Z",
}  # fmt: skip
SOLD = p.sales_order(items=[p.item()], OverallOrdReltdBillgStatus="C", LastChangeDateTime=p.wire("2026-03-04"))
SAID = (
    ("shop-main", "orders", "450789469", p.shop_order(), "2026-03-01 14:00Z"),
    ("sap-main", "sales_orders", "4712", SOLD, "2026-03-04 14:10Z"),
    ("sap-main", "deliveries", "80000001", p.delivery(items=[p.delivery_item()]), "2026-03-02Z"),
    ("wms-main", "events", "e1", p.event("e1", "shipping", "2026-03-03 17:00", {"sku:1": 10}), "2026-03-03Z"),
    ("back", "returns", "R7/4712/10", RETURN, "2026-03-12 09:00Z"),
    ("wms-main", "events", "e2", p.event("e2", "receiving", "2026-03-11 08:00", {"sku:1": 1}, rma="R7"), "2026-03-11Z"),
    ("wms-main", "events", "e3", p.event("e3", "receiving", "2026-03-11 15:00", {"sku:1": 1}, rma="R7"), "2026-03-11Z"),
)


def tell(world, said) -> None:
    """One word after the other, each taken through the fast lane before the next is said."""
    with connect("test", conninfo=world.dsns["app"], autocommit=True) as connection:
        lane = Lane(connection, models.load(conninfo=world.dsns["dbt"]))
        for word in said:
            world.wait(*word)
            world.drain(lane)


@pytest.mark.parametrize("said", [SAID, SAID[::-1]], ids=["as it happened", "the last first"])
def test_a_return_has_the_word_of_each_system(worlds, said):
    """In either order the fast lane makes the same row, and a rebuild differs in none."""
    world = worlds()
    tell(world, said)
    found = world.row("select * from canonical.returns")
    assert (found["thread_id"], found["order_line_id"]) == ("shop-main/order/1001", "shop-main/order/1001#1")
    assert (found["return_line_id"], found["stated_by"]) == ("back/return/R7#0000004712/10", "back")
    assert (found["billing_status_code"], found["billing_stated_by"]) == ("invoiced", "sap-main")
    assert [found[name] for name in ("return_qty", "shipped_qty", "received_qty")] == [Decimal(n) for n in (3, 10, 2)]
    assert (found["warehouse_code"], found["received_at"].isoformat()) == ("DC-EAST", "2026-03-11T15:00:00+00:00")
    assert found["reason_code"] is None
    world.build()
    assert world.rows("select model, missing_count, extra_count from ops.lane_drift") == []


def test_what_comes_back_is_no_event_of_a_shipment(worlds):
    """The receipt belongs to the return: the delivery's history ends when it was shipped."""
    world = worlds()
    tell(world, SAID)
    told = world.rows("select event_code from canonical.shipment_events where reported_by = 'wms-main'")
    assert [row["event_code"] for row in told] == ["shipped"]


def test_a_return_that_is_set_aside_is_found_on_its_order(worlds):
    """Its order is named in the ERP's numbers, and the quarantine stands in the order's thread."""
    world = worlds()
    tell(world, SAID[:4])
    unfit = world.record("back", "returns", "R8/4712/10", RETURN | {"return_ref": "R8", "status": "odd"}, "2026-03-12Z")
    world.set_aside(unfit, order_ref="4712")
    world.build()
    assert world.row("select thread_id from canonical.quarantined_records")["thread_id"] == "shop-main/order/1001"
    assert world.rows("select * from canonical.returns") == []


OTHER = p.sales_order(
    "4713", items=[p.item()], PurchaseOrderByCustomer="#1002", OverallOrdReltdBillgStatus="C",
    LastChangeDateTime=p.wire("2026-03-04"),
)  # fmt: skip


def test_one_return_of_two_orders_is_a_row_of_each(worlds):
    """Each line stands in its own order's thread, once, with what was shipped of it; both have the same line number."""
    world = worlds()
    both = [
        ("sap-main", "sales_orders", "4713", OTHER, "2026-03-04 14:10Z"),
        ("back", "returns", "R7/4713/10", RETURN | {"order_ref": "4713"}, "2026-03-12 09:00Z"),
    ]
    tell(world, [*SAID, *both])
    found = world.rows("select thread_id, shipped_qty, received_qty from canonical.returns order by return_line_id")
    assert len(found) == 2
    assert len({row["thread_id"] for row in found}) == 2
    assert sorted(row["shipped_qty"] for row in found) == [0, 10]
    assert sum(row["received_qty"] for row in found) == 2
    assert world.rows("select subject_id from ops.detections group by 1 having count(*) > 1") == []
    world.build()
    assert world.rows("select model, missing_count, extra_count from ops.lane_drift") == []


@pytest.mark.parametrize("papers", [{"tracking": "1ZBACK"}, {"delivery": "0084000001"}])
def test_a_receipt_is_the_returns_whatever_else_it_names(worlds, papers):
    """The parcel or the delivery of the way back does not take it away from the order."""
    world = worlds()
    receipt = p.event("e4", "receiving", "2026-03-11 18:00", {"sku:1": 1}, rma="R7", **papers)
    tell(world, [*SAID, ("wms-main", "events", "e4", receipt, "2026-03-11Z")])
    assert world.row("select received_qty from canonical.returns")["received_qty"] == 3
    world.build()
    assert world.rows("select model, missing_count, extra_count from ops.lane_drift") == []


def test_what_is_sent_in_exchange_is_shipped(worlds):
    """An event that names a return and is no receipt is the delivery's."""
    world = worlds()
    sent = p.event("e5", "shipping", "2026-03-13 10:00", {"sku:1": 1}, delivery="0080000001", rma="R7")
    tell(world, [*SAID, ("wms-main", "events", "e5", sent, "2026-03-13Z")])
    told = world.rows("select event_code from canonical.shipment_events where reported_by = 'wms-main'")
    assert [row["event_code"] for row in told] == ["shipped", "shipped"]


def test_a_refund_is_not_forgotten_when_the_return_is_closed(worlds):
    """A returns system that gives no times: what it said first counts, and a later word moves nothing."""
    world = worlds()
    untimed = RETURN | {"refunded_at": ""}
    words = [
        ("back", "returns", "R7/4712/10", untimed | {"status": status}, f"2026-03-{day} 09:00Z")
        for status, day in (("authorised", 9), ("refunded", 12), ("refunded", 13), ("closed", 14))
    ]
    tell(world, [*SAID[:4], *words])
    found = world.row("select return_status_code, authorised_at, refunded_at from canonical.returns")
    assert found["return_status_code"] == "closed"
    assert (found["authorised_at"].day, found["refunded_at"].day) == (9, 12)


def test_a_line_number_is_the_erps_with_or_without_zeros(worlds):
    """As its order's number is."""
    world = worlds()
    tell(world, [*SAID[:4], ("back", "returns", "R7/4712/10", RETURN | {"line_number": "000010"}, "2026-03-12 09:00Z")])
    assert world.row("select order_line_id from canonical.returns")["order_line_id"] == "shop-main/order/1001#1"
