"""The named faults: each changes the plan of one order (or of one endpoint) so that something is really wrong.

A fault is a function of the plan and a random stream. `codes` are the exceptions it must cause; what else follows
from it (a parcel that never arrives is also open past its promise) the truth works out from the changed plan.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock_lab.world.catalogue import CARRIERS
from crossdock_lab.world.draft import TRACKING, midnight_after, minutes
from crossdock_lab.world.plan import (
    DAY,
    HOUR,
    Hold,
    Leg,
    Pick,
    Plan,
    Scan,
    Seen,
    shift,
    shift_from_pack,
    shift_scans,
    stop_after,
)

FASTEST = 3 * DAY
"""What the fastest service takes."""
SEARCH = 6 * HOUR
"""How long a warehouse looks for what it could not pick: goods issue is not posted before."""
Alter = Callable[[Plan, random.Random], None]
ALL = ("shop", "edi", "direct")


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault or a look-alike. `watch` tells a person what to look for once it has been caused."""

    name: str
    codes: tuple[str, ...]
    channels: tuple[str, ...]
    alter: Alter
    watch: str
    is_split: bool = False  # needs an order of two deliveries
    is_repairable: bool = False  # the product can mend it without a person

    @property
    def is_lookalike(self) -> bool:
        return not self.codes

    def fits(self, plan: Plan) -> bool:
        """Whether this order can have it."""
        return plan.order.channel in self.channels and (not self.is_split or len(plan.legs) > 1)


KINDS: dict[str, Kind] = {}


def kind(
    *codes: str, channels: tuple[str, ...] = ALL, is_split: bool = False, is_repairable: bool = False
) -> Callable[[Alter], Alter]:
    """Register a fault under its function's name; its docstring is what to watch."""

    def register(alter: Alter) -> Alter:
        name = alter.__name__
        KINDS[name] = Kind(name, codes, channels, alter, (alter.__doc__ or "").strip(), is_split, is_repairable)
        return alter

    return register


def one_leg(plan: Plan, draw: random.Random) -> Leg:
    return draw.choice(plan.legs)


# Warehouse ---------------------------------------------------------------------------------------------------------


def _pick_short(leg: Leg, draw: random.Random) -> tuple[int, int]:
    """One line is picked once, and not all of it; everything else stays. Returns the line and what is missing."""
    line, qty = draw.choice(sorted(leg.lines.items()))
    first = next(pick for pick in leg.picks if pick.line == line)
    missing = draw.randint(1, qty - 1)
    leg.picks = [pick for pick in leg.picks if pick.line != line or pick is first]
    first.qty = qty - missing
    return line, missing


@kind("inventory_short_pick", is_repairable=True)
def short_pick(plan: Plan, draw: random.Random) -> None:
    """A line is picked short; after half a shift of looking it ships short, and SAP says the full quantity."""
    leg = one_leg(plan, draw)
    line, _ = _pick_short(leg, draw)
    shift_from_pack(leg, SEARCH)
    leg.planned_handover_at += SEARCH
    plan.fault_at = next(pick.at for pick in leg.picks if pick.line == line)


@kind("inventory_short_pick", is_repairable=True)
def short_pick_made_good(plan: Plan, draw: random.Random) -> None:
    """A line is picked short; the rest is found four to seven hours later, and then it ships."""
    leg = one_leg(plan, draw)
    line, missing = _pick_short(leg, draw)
    first = next(pick for pick in leg.picks if pick.line == line)
    wait = minutes(draw, 240, 420)
    at = max(pick.at for pick in leg.picks) + wait
    leg.picks.append(Pick(at, at + minutes(draw, 0, 3), line, missing))
    leg.planned_handover_at += timedelta(hours=int(wait / HOUR) + 2)
    shift_from_pack(leg, wait + 10 * timedelta(minutes=1))
    plan.fault_at = first.at


@kind("milestone_stale")
def warehouse_silent(plan: Plan, draw: random.Random) -> None:
    """Released to the warehouse, then nothing is heard for more than a day."""
    leg = one_leg(plan, draw)
    wait = minutes(draw, 28 * 60, 44 * 60)
    plan.fault_at = leg.created_at
    created_at, planned = leg.created_at, leg.planned_handover_at
    shift(leg, wait)
    leg.created_at, leg.planned_handover_at = created_at, planned


@kind("carrier_handover_late", is_repairable=True)
def handover_late(plan: Plan, draw: random.Random) -> None:
    """The warehouse hands the parcel over two to ten hours after the planned goods issue."""
    leg = one_leg(plan, draw)
    plan.fault_at = leg.packed.at
    wait = leg.planned_handover_at - leg.shipped.at + minutes(draw, 120, 600)
    leg.shipped = Seen(leg.shipped.at + wait, leg.shipped.known_at + wait)
    leg.goods_issued_at += wait
    leg.fulfilled_at += wait
    shift_scans(leg, wait, 1)


@kind("status_out_of_sequence")
def shipped_before_packed(plan: Plan, draw: random.Random) -> None:
    """The warehouse reports packing one to three hours after it shipped the parcel."""
    leg = one_leg(plan, draw)
    at = leg.shipped.at + minutes(draw, 60, 180)
    leg.packed = Seen(at, at + minutes(draw, 0, 3))
    plan.fault_at = leg.shipped.at


# ERP ---------------------------------------------------------------------------------------------------------------


@kind("inventory_shortfall", "open_past_promise", is_repairable=True)
def stock_shortfall(plan: Plan, draw: random.Random) -> None:
    """SAP confirms less than was ordered and never more: nothing is delivered."""
    _short(plan, draw, None)
    plan.drop_legs()


@kind("inventory_shortfall", is_repairable=True)
def stock_shortfall_restocked(plan: Plan, draw: random.Random) -> None:
    """SAP confirms less than was ordered until stock arrives half a day later."""
    wait = minutes(draw, 12 * 60, 20 * 60)
    _short(plan, draw, plan.sap_created_at + wait)
    plan.shift(wait)


def _short(plan: Plan, draw: random.Random, until: datetime | None) -> None:
    line = draw.choice(plan.order.lines)
    plan.shortfall = Hold(plan.sap_created_at, until)
    plan.shortfall_line, plan.shortfall_qty = line.number, draw.randint(0, line.qty - 1)
    plan.fault_at = plan.sap_created_at


@kind("shipment_status_mismatch", is_repairable=True)
def status_stuck_in_erp(plan: Plan, draw: random.Random) -> None:
    """The parcel is under way; SAP's delivery never posts goods issue."""
    leg = one_leg(plan, draw)
    plan.fault_at, leg.goods_issued_at = leg.goods_issued_at, None


@kind("shipment_status_mismatch", is_repairable=True)
def status_late_in_erp(plan: Plan, draw: random.Random) -> None:
    """SAP posts goods issue 18 to 30 hours after the parcel left."""
    leg = one_leg(plan, draw)
    plan.fault_at = leg.goods_issued_at
    leg.goods_issued_at = leg.shipped.at + minutes(draw, 18 * 60, 30 * 60)


@kind("credit_hold")
def credit_block(plan: Plan, draw: random.Random) -> None:
    """SAP blocks the order for credit, and releases it 10 to 20 hours later."""
    wait = minutes(draw, 10 * 60, 20 * 60)
    plan.fault_at = plan.sap_created_at
    plan.credit = Hold(plan.sap_created_at, plan.sap_created_at + wait)
    plan.shift(wait)


@kind("credit_hold", "open_past_promise")
def credit_block_for_good(plan: Plan, draw: random.Random) -> None:
    """SAP blocks the order for credit and nobody releases it."""
    plan.fault_at = plan.sap_created_at
    plan.credit = Hold(plan.sap_created_at, None)
    plan.drop_legs()


@kind("compliance_hold")
def compliance_block(plan: Plan, draw: random.Random) -> None:
    """SAP sets a delivery block for compliance (02 or 04), lifted 10 to 20 hours later."""
    wait = minutes(draw, 10 * 60, 20 * 60)
    plan.fault_at = plan.sap_created_at
    plan.block, plan.block_code = Hold(plan.sap_created_at, plan.sap_created_at + wait), draw.choice(("02", "04"))
    plan.shift(wait)


@kind("cancelled_after_shipping")
def cancelled_after_ship(plan: Plan, draw: random.Random) -> None:
    """The order is cancelled in SAP (and the shop) hours after the last parcel left."""
    gone = max(leg.shipped.known_at for leg in plan.legs)
    arrives = plan.delivered_at
    plan.cancelled_at = plan.fault_at = min(gone + minutes(draw, 120, 600), arrives - HOUR)


@kind("price_mismatch", channels=("shop",), is_repairable=True)
def shop_price_differs(plan: Plan, draw: random.Random) -> None:
    """SAP charges a little more or less than the shop sold for."""
    cents = draw.choice((2, 50, 299, 450, -125, -2))
    plan.amounts_off, plan.fault_at = {plan.order.lines[0].number: Decimal(cents) / 100}, plan.sap_created_at


@kind("price_mismatch", channels=("shop",))
def shop_price_differs_much(plan: Plan, draw: random.Random) -> None:
    """SAP charges much more than the shop sold for: somebody must agree before it is changed."""
    cents = draw.choice((6000, 12500, 40000))
    plan.amounts_off, plan.fault_at = {plan.order.lines[0].number: Decimal(cents) / 100}, plan.sap_created_at


# Carrier -----------------------------------------------------------------------------------------------------------


@kind("carrier_cannot_meet_promise", is_repairable=True)
def carrier_eta_slips(plan: Plan, draw: random.Random) -> None:
    """The carrier's estimate slips past the promise; it arrives in time nevertheless."""
    leg = one_leg(plan, draw)
    scan = leg.scans[2]
    scan.estimate = plan.order.promised_at + minutes(draw, 120, 2000)
    plan.fault_at = scan.at


@kind("carrier_cannot_meet_promise", "open_past_promise", "delivered_late", is_repairable=True)
def carrier_runs_late(plan: Plan, draw: random.Random) -> None:
    """The carrier's estimate slips past the promise, and so does the parcel."""
    leg = one_leg(plan, draw)
    late = _arrive_late(plan, leg, draw)
    for scan in leg.scans[2:]:
        scan.estimate = late + HOUR
    plan.fault_at = leg.scans[2].at


@kind("carrier_cannot_meet_promise", "open_past_promise", "delivered_late", is_repairable=True)
def carrier_books_too_slow(plan: Plan, draw: random.Random) -> None:
    """A label of a slow carrier is bought half a day before hand-over; a faster one would be in time."""
    leg = one_leg(plan, draw)
    leg.carrier, leg.is_labelled_first = CARRIERS[0], True
    leg.tracking_number = TRACKING[leg.carrier.code].format(int(leg.number) - 800_000_000)
    labelled_at = plan.fault_at = leg.created_at + minutes(draw, 15, 30)
    wait = minutes(draw, 10 * 60, 14 * 60)
    for pick in leg.picks:
        pick.at += wait
        pick.known_at += wait
    shift_from_pack(leg, wait)
    leg.planned_handover_at += wait
    _promise_fast_parcels(plan, leg)
    late = _arrive_late(plan, leg, draw)
    leg.scans[0].at = labelled_at
    for scan in leg.scans:
        scan.estimate = late + HOUR


def _promise_fast_parcels(plan: Plan, slow: Leg) -> None:
    """The promise is what the fastest carrier can do from half a day before hand-over, and the other parcels are."""
    others = [leg.delivered_at + 12 * HOUR for leg in plan.legs if leg is not slow]
    promised_at = midnight_after(max(slow.shipped.at + FASTEST + 12 * HOUR, *others, slow.shipped.at))
    plan.order = replace(plan.order, promised_at=promised_at)


@kind("open_past_promise", "delivered_late")
def delivered_late(plan: Plan, draw: random.Random) -> None:
    """The parcel arrives after the promise; the carrier's estimate never said so."""
    leg = one_leg(plan, draw)
    _arrive_late(plan, leg, draw)
    plan.fault_at = plan.order.promised_at


def _arrive_late(plan: Plan, leg: Leg, draw: random.Random) -> datetime:
    """Delivery comes after the promise; facility scans fill the time, so that the parcel is never silent."""
    late = plan.order.promised_at + minutes(draw, 180, 2200)
    van, door = leg.scans[-2:]
    wait = late - door.at
    door.at += wait
    van.at += wait
    del leg.scans[-2:]
    while (at := leg.scans[-1].at + minutes(draw, 600, 1200)) < van.at - HOUR:
        leg.scans.append(Scan(at, "in_transit", "Arrived at facility", leg.scans[-1].estimate))
    leg.scans += [van, door]
    return late


@kind("open_past_promise", "milestone_stale")
def never_delivered(plan: Plan, draw: random.Random) -> None:
    """The parcel is lost: the carrier says nothing after a hub."""
    leg = one_leg(plan, draw)
    stop_after(leg, draw.randint(1, len(leg.scans) - 3))
    plan.fault_at = leg.scans[-1].at


@kind("milestone_stale")
def tracker_silent(plan: Plan, draw: random.Random) -> None:
    """The tracker says nothing for 55 to 80 hours, then the parcel goes on."""
    leg = one_leg(plan, draw)
    at = draw.randint(1, len(leg.scans) - 3)
    wait = leg.scans[at].at + minutes(draw, 55 * 60, 80 * 60) - leg.scans[at + 1].at
    plan.fault_at = leg.scans[at].at
    estimate = leg.scans[at].estimate
    shift_scans(leg, wait, at + 1)
    for scan in leg.scans[: at + 1]:
        scan.estimate = estimate
    late_promise(plan, leg)


def late_promise(plan: Plan, leg: Leg) -> None:
    """The customer was promised a later day: the parcel will still be in time."""
    needed = midnight_after(leg.scans[-1].estimate + DAY)
    if needed > plan.order.promised_at:
        plan.order = replace(plan.order, promised_at=needed)


# Data --------------------------------------------------------------------------------------------------------------


@kind("order_incomplete", channels=("shop", "edi"))
def unmapped_sku(plan: Plan, draw: random.Random) -> None:
    """The order names an item that nobody has mapped; half of them are corrected in the shop."""
    mend = plan.order.channel == "shop" and draw.random() < 0.5
    until = plan.order.ordered_at + minutes(draw, 12 * 60, 24 * 60) if mend else None
    plan.wrong_sku, plan.fault_at = Hold(plan.order.ordered_at, until), plan.order.ordered_at


@kind("order_incomplete")
def unmapped_status(plan: Plan, draw: random.Random) -> None:
    """SAP shows a status of the shipped sales order that nobody has mapped, for six to ten hours."""
    issued = max(leg.goods_issued_at for leg in plan.legs)
    at = issued + plan.billed_after + minutes(draw, 4 * 60, 6 * 60)  # what was said before has long been read
    plan.wrong_status, plan.fault_at = Hold(at, at + minutes(draw, 6 * 60, 10 * 60)), at


@kind("order_incomplete", channels=("direct",))
def missing_lines(plan: Plan, draw: random.Random) -> None:
    """SAP holds a sales order without items for 10 to 20 hours."""
    wait = minutes(draw, 10 * 60, 20 * 60)
    plan.no_lines, plan.fault_at = Hold(plan.sap_created_at, plan.sap_created_at + wait), plan.sap_created_at
    plan.shift(wait)


@kind("order_incomplete", "open_past_promise", channels=("direct",))
def missing_lines_for_good(plan: Plan, draw: random.Random) -> None:
    """SAP holds a sales order without items, and nobody completes it."""
    plan.no_lines, plan.fault_at = Hold(plan.sap_created_at, None), plan.sap_created_at
    plan.drop_legs()


# EDI ---------------------------------------------------------------------------------------------------------------


@kind("edi_ack_overdue", channels=("edi",), is_repairable=True)
def ack_late(plan: Plan, draw: random.Random) -> None:
    """The partner acknowledges our 855 28 to 40 hours after it got it."""
    plan.reply.after, plan.fault_at = minutes(draw, 28 * 60, 40 * 60), plan.order.ordered_at


@kind("edi_ack_overdue", channels=("edi",), is_repairable=True)
def ack_missing(plan: Plan, draw: random.Random) -> None:
    """The partner never acknowledges our 855."""
    plan.reply.after, plan.fault_at = None, plan.order.ordered_at


@kind("edi_ack_rejected", channels=("edi",), is_repairable=True)
def ack_rejected(plan: Plan, draw: random.Random) -> None:
    """The partner's 997 rejects our 855."""
    plan.reply.verdict, plan.fault_at = "R", plan.order.ordered_at


# Endpoints ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EndpointKind:
    """A fault of a system's endpoint: it needs no order."""

    name: str
    behaviour: str
    params: dict
    hours: tuple[int, int]
    watch: str
    codes: tuple[str, ...] = ("partner_unavailable",)

    @property
    def is_lookalike(self) -> bool:
        return not self.codes


ENDPOINT_KINDS = {
    made.name: made
    for made in (
        EndpointKind(
            "endpoint_throttled",
            "throttle",
            {"retry_after": 30},
            (4, 8),
            "Every call is answered 429 with Retry-After.",
        ),
        EndpointKind("endpoint_down", "down", {"retry_after": 5}, (4, 8), "Every call is answered 503."),
        EndpointKind(
            "endpoint_hiccup", "error", {"times": 1}, (1, 1), "One call is answered 500, the next is well.", ()
        ),
        EndpointKind(
            "endpoint_slow", "slow", {"seconds": 0.5, "times": 3}, (1, 1), "Three answers come half a second late.", ()
        ),
    )
}
ENDPOINTS = {"sap": "sap-main", "wms": "wms-main", "easypost": "easypost", "shop": "shop-main"}
"""The systems whose endpoints fail, and the partner that is then unavailable."""
