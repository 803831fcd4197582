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
    ("back", "returns", "R7/10", RETURN, "2026-03-12 09:00Z"),
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
    assert (found["return_line_id"], found["stated_by"]) == ("back/return/R7#10", "back")
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
    unfit = world.record("back", "returns", "R8/10", RETURN | {"return_ref": "R8", "status": "odd"}, "2026-03-12Z")
    world.set_aside(unfit, order_ref="4712")
    world.build()
    assert world.row("select thread_id from canonical.quarantined_records")["thread_id"] == "shop-main/order/1001"
    assert world.rows("select * from canonical.returns") == []
