"""What comes back: the returns of good lives, and the faults and look-alikes of returns."""

from __future__ import annotations

import random
from datetime import timedelta

from crossdock_lab.world.catalogue import PRICE_BLOCK
from crossdock_lab.world.draft import minutes, seen
from crossdock_lab.world.faults import kind
from crossdock_lab.world.plan import HOUR, MINUTE, Hold, Plan, Receipt, Return
from crossdock_lab.world.proofs import bill_after_delivery

RETURN_SHARE = 0.05
REASONS = ("DAMAGED", "NOT_AS_DESCRIBED", "NO_LONGER_WANTED", "WRONG_ITEM")


def perhaps(plan: Plan, draw: random.Random) -> None:
    """Of some orders, a line comes back as it should."""
    if draw.random() < RETURN_SHARE:
        come_back(plan, draw)


def come_back(plan: Plan, draw: random.Random, least: int = 1) -> Return:
    """At least so many of a line come back: asked for within a day and a half, received, refunded, closed."""
    line = draw.choice(plan.order.lines)
    requested_at = plan.delivered_at + minutes(draw, 6 * 60, 36 * 60)
    authorised_at = requested_at + minutes(draw, 30, 480)
    receipt = seen(draw, authorised_at + minutes(draw, 24 * 60, 48 * 60))
    received_at = receipt.known_at + minutes(draw, 5, 60)
    refunded_at = received_at + minutes(draw, 120, 20 * 60)
    back = Return(
        line=line.number,
        qty=draw.randint(min(least, line.qty), line.qty),
        reason=draw.choice(REASONS),
        requested_at=requested_at,
        authorised_at=authorised_at,
        received_at=received_at,
        refunded_at=refunded_at,
        closed_at=refunded_at + minutes(draw, 60, 720),
    )
    back.receipts = [Receipt(receipt.at, receipt.known_at, back.qty)]
    plan.returns.append(back)
    return back


@kind("return_not_eligible")
def return_without_invoice(plan: Plan, draw: random.Random) -> None:
    """A price block (05) keeps SAP from billing the order, and a line of it is refunded all the same."""
    plan.billing = Hold(max(leg.goods_issued_at for leg in plan.legs), None)
    plan.billing_code = PRICE_BLOCK
    plan.fault_at = come_back(plan, draw).refunded_at


@kind("return_not_eligible")
def return_not_received(plan: Plan, draw: random.Random) -> None:
    """A line is refunded on the customer's word that it was posted; no warehouse books it."""
    back = come_back(plan, draw)
    back.receipts = []
    plan.fault_at = back.refunded_at


@kind("return_not_eligible")
def return_received_short(plan: Plan, draw: random.Random) -> None:
    """A line is refunded as a whole; the warehouse received less of it."""
    back = come_back(plan, draw, least=2)
    back.receipts[0].qty = draw.randint(1, back.qty - 1)
    plan.fault_at = back.refunded_at


@kind("return_not_eligible")
def return_never_shipped(plan: Plan, draw: random.Random) -> None:
    """A line is refunded as returned within an hour of the order: nothing of it has left yet."""
    back = come_back(plan, draw)
    back.requested_at = plan.sap_created_at + minutes(draw, 5, 15)
    back.authorised_at = back.requested_at + 5 * MINUTE
    back.refunded_at = back.authorised_at + minutes(draw, 5, 20)
    back.received_at, back.closed_at, back.receipts = None, back.refunded_at + HOUR, []
    plan.fault_at = back.refunded_at


@kind()
def return_withdrawn(plan: Plan, draw: random.Random) -> None:
    """The customer keeps what was to come back: the return is closed and nothing refunded."""
    back = come_back(plan, draw)
    back.received_at, back.refunded_at, back.receipts = None, None, []
    back.closed_at = back.authorised_at + minutes(draw, 24 * 60, 48 * 60)
    plan.fault_at = back.requested_at


@kind()
def return_billed_in_time(plan: Plan, draw: random.Random) -> None:
    """SAP bills the order after a line of it was asked back, and before the refund."""
    back = come_back(plan, draw)
    bill_after_delivery(plan, back.requested_at + minutes(draw, 120, 20 * 60) - plan.delivered_at)
    plan.fault_at = back.requested_at


@kind()
def return_in_two_parcels(plan: Plan, draw: random.Random) -> None:
    """What comes back comes in two parcels, hours apart; the refund waits for both."""
    back = come_back(plan, draw, least=2)
    (whole,) = back.receipts
    first, gap = draw.randint(1, back.qty - 1), minutes(draw, 180, 600)
    earlier = Receipt(whole.at - gap, whole.known_at - gap, first)
    back.receipts = [earlier, Receipt(whole.at, whole.known_at, back.qty - first)]
    plan.fault_at = back.requested_at


@kind()
def return_refunded_on_its_way(plan: Plan, draw: random.Random) -> None:
    """The money goes back some hours before the warehouse books the goods: within the grace of a receipt."""
    back = come_back(plan, draw)
    back.refunded_at = back.receipts[0].at - minutes(draw, 600, 20 * 60)
    back.received_at, back.closed_at = None, back.receipts[0].known_at + timedelta(hours=2)
    plan.fault_at = back.refunded_at
