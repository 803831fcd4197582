"""The people of the distributor and its partners: what they mend once a ticket has told them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from crossdock_lab.world.draft import minutes
from crossdock_lab.world.plan import Amend, Hold, Leg, Plan, Receipt, Scan


def answered_at(asked_at: datetime, draw: random.Random) -> datetime:
    """When people answer: two to six hours later."""
    return asked_at + minutes(draw, 120, 360)


def solved(ticket_id: object, at: datetime) -> Amend:
    """The ticket, solved by a person."""
    return Amend(at, "zendesk", "tickets", str(ticket_id), {"status": "solved", "assignee_id": 396_331_237_200})


def mend(plan: Plan, at: datetime, draw: random.Random) -> str:
    """Mend at `at` what only people can; in words what they did, empty where there was nothing for them to do."""
    done = (person(plan, at, draw) for person in PEOPLE)
    return next((said for said in done if said), "")


def _item(plan: Plan, at: datetime, draw: random.Random) -> str:
    """Whoever ordered says which item was meant: the shop corrects the order, the EDI partner sends it again."""
    if not _lasts(plan.wrong_sku, at) or plan.order.channel == "direct":
        return ""
    plan.wrong_sku.released_at = at
    return "the item is corrected where the order came in"


def _lines(plan: Plan, at: datetime, draw: random.Random) -> str:
    """Sales completes the order, and the deliveries come."""
    if not _lasts(plan.no_lines, at):
        return ""
    plan.no_lines.released_at = at
    plan.bring_back(at)
    return "the sales order is completed"


def _lasts(hold: Hold | None, at: datetime) -> bool:
    return hold is not None and hold.opened_at <= at and hold.released_at is None


def _parcel(plan: Plan, at: datetime, draw: random.Random) -> str:
    """The carrier looks for a parcel of which it has said nothing, finds it, and it goes on."""
    for leg in plan.legs:
        if leg.lost_scans and leg.lost_scans[0].at <= at:
            _found(leg, at, draw)
            return f"the carrier finds {leg.tracking_number}"
    return ""


def _found(leg: Leg, at: datetime, draw: random.Random) -> None:
    wait = at + minutes(draw, 30, 180) - leg.lost_scans[0].at
    for scan in leg.lost_scans:
        leg.scans.append(Scan(scan.at + wait, scan.status, scan.message, scan.estimate and scan.estimate + wait))
    leg.lost_scans = []


def _return(plan: Plan, at: datetime, draw: random.Random) -> str:
    """A parcel of a cancelled order comes back."""
    said = ""
    for leg in plan.legs:
        way = [scan for scan in leg.scans if scan.at <= at]
        if plan.cancelled_at and plan.cancelled_at <= at and way and way[-1].status == "in_transit":
            leg.scans = [*way, Scan(at + minutes(draw, 30, 180), "return_to_sender", "Returned to sender", None)]
            said = "the carrier sends the goods back"
    return said


def _proof(plan: Plan, at: datetime, draw: random.Random) -> str:
    """The carrier looks into its proof of delivery and corrects it."""
    wrong = [leg for leg in plan.legs if leg.delivered_at and leg.delivered_at <= at and leg.proven_at is None]
    for leg in wrong:
        leg.proof.corrected_at = at
    return "the carrier corrects its proof of delivery" if wrong else ""


def _billing(plan: Plan, at: datetime, draw: random.Random) -> str:
    """Finance lifts the billing block of an order whose proof of delivery agrees."""
    if not _lasts(plan.billing, at) or plan.proven_at is None or plan.proven_at > at:
        return ""
    plan.billing.released_at = at
    return "finance lifts the billing block"


def _refund(plan: Plan, at: datetime, draw: random.Random) -> str:
    """The returns specialist finds what a warehouse has not booked, or takes back what was refunded for nothing."""
    for back in plan.returns:
        is_owed = back.refunded_at and back.refunded_at <= at and not back.reversed_at
        if is_owed and back.received_whole_at is None:
            if back.received_at and not back.receipts:
                back.receipts.append(Receipt(at, at, back.qty))
                return "the warehouse finds what came back, and books it"
            back.reversed_at = at
            return "the refund is taken back and the return closed"
    return ""


PEOPLE: tuple[Callable[[Plan, datetime, random.Random], str], ...] = (
    _item, _lines, _parcel, _return, _proof, _billing, _refund,
)  # fmt: skip
