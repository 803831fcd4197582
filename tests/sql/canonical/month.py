"""A month of trade as versions of records: what each system said, and when; everything awkward in it is ordinary."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from sql.canonical import payloads as p

Version = tuple[str, str, str, dict, str]
"""Partner, feed, native id, payload, time of change (ISO)."""


def trade(seed: int, orders: int) -> list[Version]:
    """All versions of `orders` orders, in the order in which the systems said them."""
    dice = random.Random(seed)
    versions = [v for number in range(1, orders + 1) for v in _order(number, dice)]
    return sorted(versions, key=lambda v: v[4])


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _order(number: int, dice: random.Random) -> list[Version]:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(hours=dice.uniform(0, 700))
    times = [start + timedelta(minutes=17 * step + dice.randrange(15)) for step in range(40)]
    versions: list[Version] = []

    def say(step: int, partner: str, feed: str, native_id: str, payload: dict) -> None:
        versions.append((partner, feed, native_id, payload, times[step].isoformat()))

    qty, is_direct = dice.choice((4, 10)), dice.random() < 0.2
    shop = {"id": number, "created_at": times[0].isoformat(), "note_attributes": []}
    lines = [p.shop_line(1, "XD-1", qty), p.shop_line(2, dice.choice(("XD-2", "XD-1", "XD-LATE")), 5)]
    if not is_direct:
        say(0, "shop-main", "orders", str(number), p.shop_order(str(1000 + number), lines, **shop))
    materials = ["TG11", "TG12" if lines[1]["sku"] == "XD-2" else "TG11"]
    items = [
        p.item("10", materials[0], str(qty), str(qty), "1"),
        p.item("20", materials[1], "5", dice.choice(("5", "5", "2")), "2"),
    ]
    of_channel = {} if is_direct else {"PurchaseOrderByCustomer": f"#{1000 + number}"}
    order = {
        "SoldToParty": "10209999" if is_direct else "10100001",
        "LastChangeDateTime": p.wire("2026-03-01"),
        **of_channel,
    }
    sap = f"47{number:04d}"
    say(1, "sap-main", "sales_orders", sap, p.sales_order(sap, items, **order))
    if dice.random() < 0.3:
        say(2, "sap-main", "sales_orders", sap, p.sales_order(sap, items, TotalCreditCheckStatus="B", **order))
        say(4, "sap-main", "sales_orders", sap, p.sales_order(sap, items, TotalCreditCheckStatus="D", **order))
    if dice.random() < 0.15:
        rejected = [{**item, "SalesDocumentRjcnReason": "ZZ"} for item in items]
        say(
            5, "sap-main", "sales_orders", sap, p.sales_order(sap, rejected, OverallSDDocumentRejectionSts="C", **order)
        )
        if not is_direct:
            called_off = {**shop, "cancelled_at": times[5].isoformat()}
            say(6, "shop-main", "orders", str(number), p.shop_order(str(1000 + number), lines, **called_off))
        return versions
    for nth in range(dice.choice((1, 1, 2))):
        _delivery(number, nth, sap, qty, materials[1], dice, say, times)
    if not is_direct:
        parcel = p.fulfillment(
            f"1Z{number}0", "in_transit", id=9000 + number, order_id=number, updated_at=times[20].isoformat()
        )
        say(20, "shop-main", "fulfillments", str(9000 + number), parcel)
        done = {**shop, "fulfillment_status": "fulfilled", "updated_at": times[21].isoformat()}
        say(21, "shop-main", "orders", str(number), p.shop_order(str(1000 + number), lines, **done))
    say(
        30,
        "sap-main",
        "sales_orders",
        sap,
        p.sales_order(sap, items, OverallDeliveryStatus="C", OverallOrdReltdBillgStatus="C", **order),
    )
    return versions


def _delivery(
    number: int, nth: int, sap: str, qty: int, second: str, dice: random.Random, say, times: list[datetime]
) -> None:
    name, code = f"8{nth}{number:04d}", f"1Z{number}{nth}"
    lines = (
        [p.delivery_item("10", str(qty), "TG11", sap, "10")]
        if nth == 0
        else [p.delivery_item("10", "5", second, sap, "20")]
    )
    kind = "sku:2" if nth and second == "TG12" else "sku:1"
    moved = {kind: (5 if nth else qty) - dice.choice((0, 0, 1))}
    made = p.day_and_time("CreationDate", "CreationTime", _text(times[7]))
    say(8 + nth, "sap-main", "deliveries", name, p.delivery(name, lines, **made))
    for step, what in ((10, "picking"), (12, "packing"), (14, "shipping")):
        tracking = "" if what == "picking" else code
        event = p.event(f"{name}{what}", what, _text(times[step + nth]), moved, delivery=name, tracking=tracking)
        say(step + nth, "wms-main", "events", f"{name}{what}", event)
    issued = p.delivery(name, lines, shipped=_text(times[16 + nth]), **made)
    say(16 + nth, "sap-main", "deliveries", name, issued)
    scans = [
        (what, times[step + nth].isoformat())
        for step, what in ((13, "pre_transit"), (17, "in_transit"), (24, "failure"), (26, "delivered"))
    ]
    if dice.random() < 0.7:
        del scans[2]
    for count in range(1, len(scans) + 1):
        tracker = p.tracker(scans[:count], code=code, tracker_id=f"trk_{name}")
        say((13, 17, 24, 26)[count - 1] + nth, "easypost", "trackers", f"trk_{name}", tracker)
