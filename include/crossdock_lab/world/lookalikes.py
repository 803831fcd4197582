"""The look-alikes: each looks like a fault to a careless rule, and nothing is wrong. None may ever be found."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from crossdock_lab.world.draft import minutes
from crossdock_lab.world.faults import kind, late_promise, one_leg
from crossdock_lab.world.plan import (
    HOUR,
    MINUTE,
    Hold,
    Pick,
    Plan,
    Scan,
    Seen,
    drop_after_release,
    shift_from_pack,
    shift_scans,
)


@kind()
def picked_in_two(plan: Plan, draw: random.Random) -> None:
    """A line is picked in two goes, 80 to 110 minutes apart: within the grace of a short pick."""
    leg = one_leg(plan, draw)
    line = next(reversed(leg.lines))
    qty = leg.lines[line]
    first = next(pick for pick in leg.picks if pick.line == line)
    leg.picks = [pick for pick in leg.picks if pick.line != line or pick is first]
    part = draw.randint(1, qty - 1)
    first.qty = part
    at = first.at + minutes(draw, 80, 110)
    leg.picks.append(Pick(at, at + timedelta(seconds=30), line, qty - part))
    shift_from_pack(leg, 2 * HOUR)
    leg.planned_handover_at += 2 * HOUR
    plan.fault_at = first.at


@kind()
def eta_slips_in_time(plan: Plan, draw: random.Random) -> None:
    """The carrier's estimate slips by a day, and is still the promised instant at the latest."""
    leg = one_leg(plan, draw)
    for scan in leg.scans[2:]:
        scan.estimate = plan.order.promised_at
    plan.fault_at = leg.scans[2].at


@kind()
def cancelled_before_delivery(plan: Plan, draw: random.Random) -> None:
    """The order is cancelled before SAP made a delivery."""
    plan.cancelled_at = plan.fault_at = plan.sap_created_at + minutes(draw, 5, 40)
    plan.drop_legs()


@kind()
def cancelled_in_the_warehouse(plan: Plan, draw: random.Random) -> None:
    """The order is cancelled after picking has begun, before anything was packed."""
    picked = max(leg.picks[-1].known_at for leg in plan.legs)
    packed = min(leg.packed.at for leg in plan.legs)
    if picked + MINUTE < packed:
        plan.cancelled_at = plan.fault_at = picked + MINUTE
        picks = [leg.picks for leg in plan.legs]
        for leg, kept in zip(plan.legs, picks, strict=True):
            drop_after_release(leg)
            leg.picks = kept
    else:
        cancelled_before_delivery(plan, draw)


@kind(channels=("shop",))
def price_rounded(plan: Plan, draw: random.Random) -> None:
    """SAP charges one cent more or less than the shop: rounding."""
    cent = draw.choice((Decimal("0.01"), Decimal("-0.01")))
    plan.amounts_off, plan.fault_at = {plan.order.lines[0].number: cent}, plan.sap_created_at


@kind(channels=("shop",))
def discount_agreed(plan: Plan, draw: random.Random) -> None:
    """The shop gives a discount, and SAP charges the discounted amount."""
    plan.discount_amount, plan.fault_at = Decimal(draw.randint(100, 900)) / 100, plan.order.ordered_at


@kind()
def credit_released_at_once(plan: Plan, draw: random.Random) -> None:
    """The credit check blocked and released the order before anybody could read it: status D."""
    plan.is_credit_released_at_once, plan.fault_at = True, plan.sap_created_at


@kind()
def price_block_lifted(plan: Plan, draw: random.Random) -> None:
    """A delivery block for price (05), lifted before the warehouse starts: neither credit nor compliance."""
    plan.block = Hold(plan.sap_created_at, plan.sap_created_at + 30 * MINUTE)
    plan.block_code, plan.fault_at = "05", plan.sap_created_at


@kind(channels=("shop", "edi"))
def confirmed_in_two(plan: Plan, draw: random.Random) -> None:
    """SAP confirms a line in two schedule lines, both before the promise."""
    plan.second_schedule, plan.fault_at = draw.choice(plan.order.lines).number, plan.sap_created_at


@kind()
def pushed_twice(plan: Plan, draw: random.Random) -> None:
    """Every webhook about the order is sent twice."""
    plan.push_copies, plan.fault_at = 2, plan.order.ordered_at


@kind()
def pushed_out_of_order(plan: Plan, draw: random.Random) -> None:
    """Webhooks arrive in another order than the things happened, up to 40 minutes late."""
    for topic in ("picking", "packing", "pre_transit", "in_transit", "order"):
        plan.push_delay[topic] = minutes(draw, 0, 40)
    plan.fault_at = plan.order.ordered_at


@kind()
def recorded_late(plan: Plan, draw: random.Random) -> None:
    """The warehouse records packing after it recorded shipping; the event times are in order."""
    leg = one_leg(plan, draw)
    leg.packed.known_at = leg.shipped.known_at + minutes(draw, 2, 20)
    plan.fault_at = leg.packed.at


@kind()
def delivered_on_the_instant(plan: Plan, draw: random.Random) -> None:
    """Delivered at the promised instant exactly."""
    leg = plan.legs[-1]
    plan.fault_at = leg.scans[-1].at
    wait = plan.order.promised_at - leg.scans[-1].at
    van, door = leg.scans[-2:]
    door.at += wait
    van.at += wait
    while (at := leg.scans[-3].at + minutes(draw, 1200, 1430)) < van.at:
        leg.scans.insert(-2, Scan(at, "in_transit", "Arrived at facility", None))
    for scan in leg.scans:
        scan.estimate = plan.order.promised_at


@kind(is_split=True)
def split_far_apart(plan: Plan, draw: random.Random) -> None:
    """Two deliveries, the second handed over when the first is well under way."""
    wait = minutes(draw, 10 * 60, 16 * 60)
    leg = plan.legs[1]
    plan.fault_at = leg.created_at
    leg.created_at += wait
    leg.planned_handover_at += wait
    for pick in leg.picks:
        pick.at += wait
        pick.known_at += wait
    shift_from_pack(leg, wait)


@kind()
def tracker_slow(plan: Plan, draw: random.Random) -> None:
    """The tracker says nothing for 38 to 44 hours: less than two days."""
    leg = one_leg(plan, draw)
    wait = leg.scans[1].at + minutes(draw, 38 * 60, 44 * 60) - leg.scans[2].at
    plan.fault_at = leg.scans[1].at
    shift_scans(leg, wait, 2)
    for scan in leg.scans[:2]:
        scan.estimate = leg.scans[2].estimate
    late_promise(plan, leg)


@kind()
def erp_slow(plan: Plan, draw: random.Random) -> None:
    """SAP posts goods issue eight to ten hours after the parcel left: less than the grace."""
    leg = one_leg(plan, draw)
    leg.goods_issued_at = leg.shipped.at + minutes(draw, 8 * 60, 10 * 60)
    plan.fault_at = leg.shipped.at


@kind()
def handed_over_just_in_time(plan: Plan, draw: random.Random) -> None:
    """Handed over minutes before the planned goods issue, and scanned by the carrier before it."""
    leg = one_leg(plan, draw)
    wait = leg.planned_handover_at - 40 * MINUTE - leg.shipped.at
    leg.shipped = Seen(leg.shipped.at + wait, leg.shipped.known_at + wait)
    leg.goods_issued_at += wait
    leg.fulfilled_at += wait
    shift_scans(leg, wait, 1)
    plan.fault_at = leg.shipped.at


@kind(channels=("edi",))
def ack_just_in_time(plan: Plan, draw: random.Random) -> None:
    """The partner acknowledges our 855 after 20 to 22 hours."""
    plan.reply.after, plan.fault_at = minutes(draw, 20 * 60, 22 * 60), plan.order.ordered_at


@kind(channels=("edi",))
def ack_with_errors(plan: Plan, draw: random.Random) -> None:
    """The partner's 997 accepts our 855 and notes errors (E): not rejected."""
    plan.reply.verdict, plan.fault_at = "E", plan.order.ordered_at
