"""A partner whose files are mapped onto the standard feed: orders, lines, milestones, charges."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """Delivered late and overcharged; delivered without a date; cancelled after hand-over; without lines."""
    told = {
        "A": ("delivered", "paid"),
        "B": ("delivered", "invoiced"),
        "C": ("cancelled", "paid"),
        "D": ("unfulfillable", "not_billed"),
        "E": ("gone", "paid"),
    }
    for ref, (status, billing) in told.items():
        given = {"order_ref": ref, "status": status, "billing_status": billing, "ordered_at": "2026-01-01T10:00:00Z",
                 "promised_at": "2026-01-10T00:00:00Z", "currency_code": "BRL", "ship_to_region": "SP",
                 "customer_tier": {"A": "Gold", "B": "platinum"}.get(ref, "")}  # fmt: skip
        world.record("market", "orders", ref, given, "2026-01-05Z")
        if ref != "D":
            line = {"order_ref": ref, "line_number": "1", "sku": f"S{ref}", "ordered_qty": "1",
                    "unit_price_amount": "10.50",
                    "freight_amount": "2.25", "currency_code": "BRL",
                    "handover_due_at": "2026-01-04T00:00:00Z"}  # fmt: skip
            world.record("market", "order_lines", f"{ref}/1", line)
    for ref, what, at in (
        ("A", "validated", "2026-01-01T11:00:00Z"), ("A", "shipped", "2026-01-05T00:00:00Z"),
        ("A", "delivered", "2026-01-11T00:00:00Z"),
        ("B", "shipped", "2026-01-03T00:00:00Z"), ("C", "shipped", "2026-01-03T00:00:00Z"),
        ("E", "shipped", "2026-01-03T00:00:00Z"),
    ):  # fmt: skip
        world.record("market", "milestones", f"{ref}/{what}", {"order_ref": ref, "milestone": what, "occurred_at": at})
    for ref, kind, amount in (
        ("A", "payment", "10.00"),
        ("A", "payment", "3.00"),
        ("B", "invoice", "12.75"),
        ("B", "payment", "12.75"),
        ("C", "payment", "12.75"),
        ("C", "credit", "2.75"),
    ):
        number = f"{ref}/{kind}{amount}"
        world.record(
            "market",
            "charges",
            number,
            {"order_ref": ref, "charge_ref": number, "kind": kind, "amount": amount, "currency_code": "BRL"},
        )
    world.build()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_tier_that_is_not_on_the_list_is_unknown(world):
    """Not silently the lowest; who names none has none."""
    rows = world.rows("select partner_order_ref, customer_tier from canonical.orders")
    tiers = {row["partner_order_ref"]: row["customer_tier"] for row in rows}
    assert (tiers["A"], tiers["B"], tiers["C"]) == ("gold", "unknown", None)


def test_status_comes_from_milestones_and_the_partners_word(world):
    """The further of both: a delivery without a date is a delivery; what was called off is off; codes may be mapped."""
    found = world.rows("select order_id, fulfillment_status_code as code from canonical.orders order by 1")
    assert [(row["order_id"][-1], row["code"]) for row in found] == [
        ("A", "delivered"), ("B", "delivered"), ("C", "cancelled"), ("D", "unfulfillable"), ("E", "shipped"),
    ]  # fmt: skip


def test_an_orders_milestones_are_one_shipment(world):
    """Hand-over and arrival come from the milestones, the promise from the order."""
    found = world.row("select * from canonical.shipments where order_id = 'market/order/A'")
    assert (found["handed_over_at"], found["delivered_at"], found["promised_at"]) == (
        at("2026-01-05"),
        at("2026-01-11"),
        at("2026-01-10"),
    )
    line = world.row("select * from canonical.order_lines where order_id = 'market/order/A'")
    assert (line["shipped_qty"], line["delivered_qty"], line["uom_code"], line["handover_due_at"]) == (
        1,
        1,
        "EA",
        at("2026-01-04"),
    )


def test_money_is_summed_exactly(world):
    """Lines with freight against payments; an invoice and its payment are one charge; a credit is taken off."""
    found = world.rows("select order_id, kind_code, amount from canonical.order_amounts order by 1, 2")
    assert [(row["order_id"][-1], row["kind_code"], row["amount"]) for row in found] == [
        ("A", "charged", Decimal("13.0000")), ("A", "ordered", Decimal("12.7500")),
        ("B", "charged", Decimal("12.7500")), ("B", "ordered", Decimal("12.7500")),
        ("C", "charged", Decimal("10.0000")), ("C", "ordered", Decimal("12.7500")),
        ("E", "ordered", Decimal("12.7500")),
    ]  # fmt: skip


def test_billing_is_an_axis_of_its_own(world):
    """Invoiced before it was shipped, or paid and cancelled: neither moves the fulfillment."""
    found = world.rows("select billing_status_code as code from canonical.orders order by order_id")
    assert [row["code"] for row in found] == ["paid", "invoiced", "paid", "not_billed", "paid"]


def test_milestones_are_events_of_the_order(world):
    """Placing the order is the first of them."""
    found = world.rows(
        "select event_code, shipment_id from canonical.shipment_events "
        "where order_id = 'market/order/A' order by occurred_at"
    )
    assert [row["event_code"] for row in found] == ["accepted", "validated", "shipped", "delivered"]
    assert [row["shipment_id"] is None for row in found] == [True, True, False, False]
