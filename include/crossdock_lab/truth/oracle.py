"""What is really wrong with an order, read off its plan: which exception, from when, until when.

The plan is what will happen; nothing here looks at a payload, a product table or the product's SQL. The grace times
are the catalogue's, said once more on purpose: if either side changes alone, the scorecard shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from crossdock_lab.world.catalogue import PROOF_BLOCK
from crossdock_lab.world.plan import DAY, HOUR, MINUTE, Hold, Leg, Plan, Return

SHORT_PICK_GRACE = 2 * HOUR
MISMATCH_GRACE = 12 * HOUR
STALE_BEFORE_SHIPPING = 24 * HOUR
STALE_IN_TRANSIT = 48 * HOUR
ACK_GRACE = 24 * HOUR
RETURN_PROOF_WITHIN = 3 * DAY
RETURN_BOOKED_WITHIN = 24 * HOUR
RETURN_SENT_BACK_WITHIN = 14 * DAY
PRICE_TOLERANCE = Decimal("0.01")
ENDS = ("delivered", "return_to_sender")
"""What a carrier says last of a parcel."""
FACTS = ("delivered_late", "status_out_of_sequence", "cancelled_after_shipping", "carrier_handover_late")
"""What has happened stays true: the customer can be told, and nothing more."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """`code` is true of `subject_id` from `from_at` until `until_at` (None: for good).

    `via` says how it can be known first: push, poll, file, or deadline (something did not happen in time).
    """

    code: str
    subject_id: str
    via: str
    from_at: datetime
    until_at: datetime | None
    evidence: str


def expectations(plan: Plan) -> list[Expectation]:
    """Everything that will be wrong with this order, but for what depends on our own EDI answer."""
    found: list[Expectation] = []
    for rule in RULES:
        found.extend(rule(plan))
    return _merged(found)


def _merged(found: list[Expectation]) -> list[Expectation]:
    """Overlapping windows of one code are one: two parcels of an order are late together."""
    merged: list[Expectation] = []
    for each in sorted(found, key=lambda e: (e.code, e.from_at)):
        last = merged[-1] if merged else None
        if last and last.code == each.code and (last.until_at is None or each.from_at <= last.until_at):
            until = None if None in (last.until_at, each.until_at) else max(last.until_at, each.until_at)
            merged[-1] = replace(last, until_at=until)
        else:
            merged.append(each)
    return merged


def _window(
    plan: Plan, code: str, via: str, from_at: datetime, until_at: datetime | None, evidence: str
) -> Iterator[Expectation]:
    """The expectation, cut off where the order is cancelled; none where nothing is left of it."""
    if plan.cancelled_at and code != "cancelled_after_shipping":
        until_at = min(until_at or plan.cancelled_at, plan.cancelled_at)
    if until_at is None or until_at > from_at:
        yield Expectation(code, plan.order.order_id, via, from_at, until_at, evidence)


T = TypeVar("T")


def _with_next(things: list[T]) -> Iterator[tuple[T, T | None]]:
    """Each thing and the one after it; None after the last."""
    yield from pairwise(things)
    if things:
        yield things[-1], None


# At order ----------------------------------------------------------------------------------------------------------


def order_incomplete(plan: Plan) -> Iterator[Expectation]:
    source = {"shop": "push", "edi": "file"}.get(plan.order.channel, "poll")
    for hold, via, why in (
        (plan.wrong_sku, source, "the first line names an item that is in no code map"),
        (plan.wrong_status, "poll", "SAP's OverallDeliveryStatus is X, which is in no code map"),
        (plan.no_lines, "poll", "SAP's sales order has no items"),
    ):
        if hold:
            yield from _window(plan, "order_incomplete", via, hold.opened_at, hold.released_at, why)


def inventory_shortfall(plan: Plan) -> Iterator[Expectation]:
    if plan.shortfall:
        line = plan.line(plan.shortfall_line)
        why = f"line {line.number}: {line.qty} ordered, {plan.shortfall_qty} confirmed"
        yield from _window(
            plan, "inventory_shortfall", "poll", plan.shortfall.opened_at, plan.shortfall.released_at, why
        )


def holds(plan: Plan) -> Iterator[Expectation]:
    if plan.credit:
        yield from _hold(plan, "credit_hold", plan.credit, "TotalCreditCheckStatus B")
    if plan.block and plan.block_code in ("02", "04"):
        yield from _hold(plan, "compliance_hold", plan.block, f"DeliveryBlockReason {plan.block_code}")


def _hold(plan: Plan, code: str, hold: Hold, why: str) -> Iterator[Expectation]:
    yield from _window(plan, code, "poll", hold.opened_at, hold.released_at, why)


def price_mismatch(plan: Plan) -> Iterator[Expectation]:
    if abs(plan.sap_amount_off) > PRICE_TOLERANCE:
        why = f"SAP charges {plan.sap_amount_off:+} beside what was ordered"
        yield from _window(plan, "price_mismatch", "poll", plan.sap_created_at, None, why)


# In the warehouse --------------------------------------------------------------------------------------------------


def inventory_short_pick(plan: Plan) -> Iterator[Expectation]:
    """A delivery's clock is its last pick: two hours later, whatever is missing of a line is short."""
    for leg in plan.legs:
        picks = sorted(leg.picks, key=lambda pick: pick.known_at)
        got: dict[int, int] = {}
        for pick, after in _with_next(picks):
            got[pick.line] = got.get(pick.line, 0) + pick.qty
            short = {n: (got.get(n, 0), qty) for n, qty in leg.lines.items() if got.get(n, 0) < qty}
            due = max(pick.at + SHORT_PICK_GRACE, pick.known_at)
            if short and (after is None or after.known_at > due):
                why = ", ".join(f"line {n}: {have} of {qty} picked" for n, (have, qty) in short.items())
                until = after.known_at if after else None
                yield from _window(
                    plan, "inventory_short_pick", "deadline", due, until, f"delivery {leg.number}, {why}"
                )


def carrier_handover_late(plan: Plan) -> Iterator[Expectation]:
    for leg in plan.legs:
        if leg.shipped is None or leg.shipped.at > leg.planned_handover_at:
            why = f"delivery {leg.number} was to leave at {leg.planned_handover_at:%Y-%m-%d %H:%M}"
            yield from _window(plan, "carrier_handover_late", "deadline", leg.planned_handover_at, None, why)


# On the road -------------------------------------------------------------------------------------------------------


def carrier_cannot_meet_promise(plan: Plan) -> Iterator[Expectation]:
    for leg in plan.legs:
        for scan, after in _with_next(leg.scans):
            if scan.status not in ENDS and scan.estimate > plan.promised_at:
                why = f"{leg.tracking_number} is estimated for {scan.estimate:%Y-%m-%d %H:%M}"
                until = after.at if after else None
                via, known_at = "push", scan.at
                if scan.status == "pre_transit" and leg.is_labelled_first:
                    via, known_at = "poll", scan.at + MINUTE  # only SAP's delivery says whose label it is
                yield from _window(plan, "carrier_cannot_meet_promise", via, known_at, until, why)


def shipment_status_mismatch(plan: Plan) -> Iterator[Expectation]:
    for leg in plan.legs:
        if leg.shipped:
            due = max(leg.shipped.at + MISMATCH_GRACE, leg.shipped.known_at)
            until = leg.goods_issued_at
            why = f"delivery {leg.number} left at {leg.shipped.at:%Y-%m-%d %H:%M}; SAP has posted no goods issue"
            yield from _window(plan, "shipment_status_mismatch", "deadline", due, until, why)


def milestone_stale(plan: Plan) -> Iterator[Expectation]:
    for leg in plan.legs:
        yield from _silences(plan, leg)


def _silences(plan: Plan, leg: Leg) -> Iterator[Expectation]:
    """The gaps in a parcel's milestones that are longer than its part of the way may be silent."""
    news = sorted(_news(leg))
    last, shipped = news[0][1], False
    for (known_at, at, is_shipped, is_end), after in _with_next(news):
        last, shipped = max(last, at), shipped or is_shipped
        if is_end:
            return
        due = last + (STALE_IN_TRANSIT if shipped else STALE_BEFORE_SHIPPING)
        if after is None or after[0] > due:
            why = f"delivery {leg.number}: nothing since {last:%Y-%m-%d %H:%M}"
            yield from _window(
                plan, "milestone_stale", "deadline", max(due, known_at), after[0] if after else None, why
            )


def _news(leg: Leg) -> Iterator[tuple[datetime, datetime, bool, bool]]:
    """(known, happened, is it shipped now, is it over) of every milestone."""
    yield leg.created_at, leg.created_at, False, False
    for seen in (*leg.picks, *((leg.packed,) if leg.packed else ())):
        yield seen.known_at, seen.at, False, False
    if leg.shipped:
        yield leg.shipped.known_at, leg.shipped.at, True, False
    if leg.goods_issued_at:
        yield leg.goods_issued_at, leg.goods_issued_at, True, False
    for scan in leg.scans:
        yield scan.at, scan.at, scan.status != "pre_transit", scan.status in ENDS


def delivered_late(plan: Plan) -> Iterator[Expectation]:
    """A fact: a promise that is moved afterwards does not mend it."""
    at = plan.delivered_at
    if at and at > plan.promised_when(at):
        why = f"delivered {at:%Y-%m-%d %H:%M}, promised {plan.promised_when(at):%Y-%m-%d %H:%M}"
        yield from _window(plan, "delivered_late", "push", at, None, why)


def pod_mismatch(plan: Plan) -> Iterator[Expectation]:
    """The carrier's proof of delivery contradicts the order, until the carrier says something else."""
    for leg in plan.legs:
        if leg.proof and leg.proof.is_wrong and leg.delivered_at:
            signed = "signed for" if leg.proof.signed_by else "nobody signed"
            why = f"{leg.tracking_number} was delivered to {leg.proof.postal_code}, {signed}"
            yield from _window(plan, "pod_mismatch", "push", leg.delivered_at, leg.proof.corrected_at, why)


def billing_hold(plan: Plan) -> Iterator[Expectation]:
    """Every parcel's proof of delivery agrees, and the ERP still bills nothing for want of one."""
    if plan.billing and plan.billing_code == PROOF_BLOCK and plan.proven_at:
        via, since = (
            ("push", plan.proven_at) if plan.proven_at > plan.billing.opened_at else ("poll", plan.billing.opened_at)
        )
        why = f"HeaderBillingBlockReason {plan.billing_code}, proven {plan.proven_at:%Y-%m-%d %H:%M}"
        yield from _window(plan, "billing_hold", via, since, plan.billing.released_at, why)


# Coming back -------------------------------------------------------------------------------------------------------


def return_not_eligible(plan: Plan) -> Iterator[Expectation]:
    """Money is asked or has gone back, and a fact that it stands on is not there when it is due."""
    for back in plan.returns:
        for fact, due, there_at in _facts(plan, back):
            until = _first(there_at, back.dropped_at)
            if due and (until is None or until > due):
                via = "file" if due == back.refunded_at else "deadline"
                why = f"line {back.line} of {plan.order.sales_order} comes back without its {fact}"
                yield from _window(plan, "return_not_eligible", via, due, until, why)


def _facts(plan: Plan, back: Return) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """(what must be there, from when, since when it is) of a return."""
    proof_due = _first(back.refunded_at, back.requested_at + RETURN_PROOF_WITHIN)
    booked_due = _first(back.refunded_at, back.received_at)
    sent_back_due = back.authorised_at and back.authorised_at + RETURN_SENT_BACK_WITHIN
    receipt_due = _first(booked_due and booked_due + RETURN_BOOKED_WITHIN, sent_back_due)
    yield "invoice", proof_due, plan.billed_at
    yield "shipment", proof_due, plan.shipped_at(back.line)
    yield "receipt", receipt_due, back.received_whole_at


def _first(*moments: datetime | None) -> datetime | None:
    return min((at for at in moments if at), default=None)


# The order as a whole ----------------------------------------------------------------------------------------------


def open_past_promise(plan: Plan) -> Iterator[Expectation]:
    promised = plan.promised_at + timedelta(seconds=1)
    why = f"promised {plan.promised_at:%Y-%m-%d %H:%M}"
    yield from _window(plan, "open_past_promise", "deadline", promised, plan.delivered_at, why)


def status_out_of_sequence(plan: Plan) -> Iterator[Expectation]:
    for leg in plan.legs:
        steps = [(min(pick.at for pick in leg.picks), max(pick.known_at for pick in leg.picks))] if leg.picks else []
        steps += [(seen.at, seen.known_at) for seen in (leg.packed, leg.shipped) if seen]
        steps += [(leg.delivered_at, leg.delivered_at)] if leg.delivered_at else []
        for earlier, later in pairwise(steps):
            if later[0] < earlier[0]:
                why = (
                    f"delivery {leg.number}: a later step is dated {later[0]:%H:%M}, an earlier one {earlier[0]:%H:%M}"
                )
                yield from _window(plan, "status_out_of_sequence", "push", max(earlier[1], later[1]), None, why)


def cancelled_after_shipping(plan: Plan) -> Iterator[Expectation]:
    gone = [leg.shipped.known_at for leg in plan.legs if leg.shipped]
    if plan.cancelled_at and gone:
        why = f"cancelled {plan.cancelled_at:%Y-%m-%d %H:%M}, handed over {min(gone):%Y-%m-%d %H:%M}"
        via = "push" if plan.order.channel == "shop" else "poll"
        yield from _window(plan, "cancelled_after_shipping", via, max(plan.cancelled_at, min(gone)), None, why)


RULES = (
    order_incomplete,
    inventory_shortfall,
    holds,
    price_mismatch,
    inventory_short_pick,
    carrier_handover_late,
    carrier_cannot_meet_promise,
    shipment_status_mismatch,
    milestone_stale,
    delivered_late,
    pod_mismatch,
    billing_hold,
    return_not_eligible,
    open_past_promise,
    status_out_of_sequence,
    cancelled_after_shipping,
)
