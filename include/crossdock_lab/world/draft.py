"""Draws an order and the plan of a good life for it: nothing in it comes near a catalogue's grace time.

Every figure below is drawn from the order's own random stream, so that more orders a day, or a fault elsewhere,
leave this order as it is.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.world import catalogue
from crossdock_lab.world.config import ORDERS_A_DAY_MOST, WorldConfig
from crossdock_lab.world.model import Carrier, Order, OrderLine, Warehouse
from crossdock_lab.world.plan import DAY, HOUR, Leg, Pick, Plan, Scan, Seen

FIRST_NUMBER = 1_000_000
"""The number of the first order of a world."""
CHANNELS, CHANNEL_WEIGHTS = ("shop", "edi", "direct"), (60, 20, 20)
SPLIT_SHARE = 0.12
TICKET_SHARE = 0.03
TIER_SLACK = {"gold": 30 * HOUR, "silver": 36 * HOUR, "bronze": 42 * HOUR}
"""The least time between the expected arrival and the promise."""
TRACKING = {"UPS": "1Z999AA1{:010d}", "FEDEX": "7712{:08d}", "USPS": "9400111899{:012d}"}


def minutes(draw: random.Random, least: int, most: int) -> timedelta:
    """A whole number of minutes and some seconds."""
    return timedelta(seconds=draw.randint(least * 60, most * 60))


def midnight_after(at: datetime) -> datetime:
    """The first 00:00 UTC at or after `at`."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == at else day + DAY


def ordered_at(config: WorldConfig, day: int, index: int) -> datetime:
    """When order `index` of `day` comes in."""
    return config.day(day) + timedelta(seconds=config.stream("arrival", day, index).randint(1, 86_399))


def plan(config: WorldConfig, day: int, index: int) -> Plan:
    """The good life of order `index` of `day`."""
    draw = config.stream("order", day, index)
    offset = day * ORDERS_A_DAY_MOST + index
    at = ordered_at(config, day, index)
    channel = draw.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
    lines = _lines(draw)
    sap_created_at = at + minutes(draw, 3, 20)
    legs = _legs(draw, offset, lines, sap_created_at)
    customer = draw.choice(catalogue.CUSTOMERS)
    arrival = max(leg.delivered_at for leg in legs)
    order = Order(
        number=str(FIRST_NUMBER + offset),
        channel=channel,
        customer=customer,
        lines=lines,
        freight_amount=Decimal(draw.randint(0, 30)) + Decimal("0.90") if channel == "shop" else Decimal("0.00"),
        ordered_at=at,
        promised_at=midnight_after(arrival + TIER_SLACK[customer.tier]),
        sales_order=f"{40_000_000 + offset:010d}",
        shop_order_id=5_000_000_000 + offset if channel == "shop" else 0,
        purchase_order=_purchase_order(channel, offset),
    )
    made = Plan(order, sap_created_at, legs, billed_after=minutes(draw, 60, 300))
    made.reply.after = minutes(draw, 60, 480)
    if draw.random() < TICKET_SHARE:
        opened = at + minutes(draw, 600, 2400)
        made.tickets.append((opened, opened + minutes(draw, 60, 900), "Where is my order?"))
    return made


def _purchase_order(channel: str, offset: int) -> str:
    number = FIRST_NUMBER + offset
    return {"shop": f"#{number}", "edi": f"PO{number}", "direct": f"Phone order {number}"}[channel]


def _lines(draw: random.Random) -> tuple[OrderLine, ...]:
    items = draw.sample(catalogue.ITEMS, draw.choices((1, 2, 3, 4), (40, 30, 20, 10))[0])
    return tuple(
        OrderLine(10 * (n + 1), item, draw.randint(2, 6 if item.uom_code == "CS" else 12), item.unit_price)
        for n, item in enumerate(items)
    )


def _legs(draw: random.Random, offset: int, lines: tuple[OrderLine, ...], after: datetime) -> list[Leg]:
    """One delivery, or two from two places where the order is split."""
    places = draw.sample(catalogue.WAREHOUSES, 2)
    carrier = draw.choice(catalogue.CARRIERS)
    parts = [lines]
    if len(lines) > 1 and draw.random() < SPLIT_SHARE:
        parts = [lines[:1], lines[1:]]
    return [
        leg(draw, offset * 10 + n, place, carrier, {line.number: line.qty for line in part}, after)
        for n, (part, place) in enumerate(zip(parts, places, strict=False))
    ]


def leg(
    draw: random.Random, serial: int, place: Warehouse, carrier: Carrier, quantities: dict[int, int], after: datetime
) -> Leg:
    """A delivery that goes well, made after `after`."""
    created_at = after + minutes(draw, 45, 240)
    picks = []
    at = created_at + minutes(draw, 40, 200)
    for number, qty in quantities.items():
        picks += _picks(draw, number, qty, at)
        at = picks[-1].at + minutes(draw, 2, 15)
    packed_at = at + minutes(draw, 20, 120)
    labelled_at = packed_at + minutes(draw, 4, 15)
    shipped_at = labelled_at + minutes(draw, 20, 150)
    return Leg(
        number=f"{800_000_000 + serial:010d}",
        warehouse=place,
        carrier=carrier,
        lines=quantities,
        tracking_number=TRACKING[carrier.code].format(serial),
        created_at=created_at,
        planned_handover_at=_whole_hour(shipped_at + minutes(draw, 90, 360)),
        picks=picks,
        packed=seen(draw, packed_at),
        shipped=seen(draw, shipped_at),
        goods_issued_at=shipped_at + minutes(draw, 5, 60),
        scans=_scans(draw, labelled_at, shipped_at, carrier),
        fulfilled_at=shipped_at + minutes(draw, 3, 30),
        shop_follows=minutes(draw, 10, 90),
        parcel=serial % 10,
    )


def seen(draw: random.Random, at: datetime) -> Seen:
    """Something in the warehouse, recorded a few minutes later."""
    return Seen(at, at + minutes(draw, 0, 3))


def _picks(draw: random.Random, line: int, qty: int, at: datetime) -> list[Pick]:
    """A line picked at once, or in two goes within the hour."""
    first = draw.randint(1, qty - 1) if draw.random() < 0.2 and qty > 1 else qty
    picks = [Pick(at, at + minutes(draw, 0, 3), line, first)]
    if first < qty:
        again = at + minutes(draw, 8, 50)
        picks.append(Pick(again, again + minutes(draw, 0, 3), line, qty - first))
    return picks


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0) + HOUR


def _scans(draw: random.Random, labelled_at: datetime, shipped_at: datetime, carrier: Carrier) -> list[Scan]:
    """Label, pick-up, one to four hubs, on the van, delivered; never 24 hours apart."""
    scans = [Scan(labelled_at, "pre_transit", "Shipping label created", None)]
    at = shipped_at + minutes(draw, 5, 30)
    scans.append(Scan(at, "in_transit", "Picked up", None))
    for _ in range(draw.randint(1, 4)):
        at += minutes(draw, 8 * 60, 20 * 60)
        scans.append(Scan(at, "in_transit", "Arrived at facility", None))
    at += minutes(draw, 4 * 60, 12 * 60)
    scans.append(Scan(at, "out_for_delivery", "Out for delivery", None))
    at += minutes(draw, 90, 480)
    scans.append(Scan(at, "delivered", "Delivered", None))
    estimate = _whole_hour(at + 2 * HOUR)
    for scan in scans:
        scan.estimate = estimate
    return scans
