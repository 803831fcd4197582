"""The named repairs: what the world makes of what was written from outside. Each changes the plan of one order.

A repair takes effect at `at`, the lab time of the write; what has happened by then stays. `params` are those of
`lab.interventions.params`; `draw` is the repair's own random stream. Each returns in words what came of it, beginning
with NOTHING where the plan is as it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from crossdock_lab.world import catalogue, desk, draft
from crossdock_lab.world.draft import minutes
from crossdock_lab.world.model import Carrier, Warehouse
from crossdock_lab.world.plan import (
    DAY,
    HOUR,
    MINUTE,
    Hold,
    Label,
    Leg,
    Plan,
    Reply,
    Scan,
    drop_after_release,
    keep_from_warehouse,
    shift,
    tell_warehouse,
)

Repair = Callable[[Plan, datetime, dict, random.Random], str]
NOTHING = "nothing"
"""How the effect of a repair begins that changed nothing."""
STOCK_CHECK = 10 * MINUTE
"""How long SAP takes to confirm a line at its new plant."""
TOLD = "told-customer"
"""The tag of a ticket that tells the customer something and asks nothing of people."""
RESTOCKED = 12 * HOUR
"""How soon stock comes for what is missing, once the customer waits for it: unless it is sold out everywhere."""
HANDOVER_AFTER = 12 * HOUR
"""When a delivery that was made from outside is planned to leave."""
WAREHOUSES: dict[str, Warehouse] = {place.code: place for place in catalogue.WAREHOUSES}


@dataclass(frozen=True, slots=True)
class Intervention:
    """One row of lab.interventions, with what the world added to its params when it took note."""

    kind: str
    params: dict
    at: datetime


@dataclass(frozen=True, slots=True)
class RepairKind:
    """`does` tells a person what the world makes of it."""

    name: str
    apply: Repair
    does: str


KINDS: dict[str, RepairKind] = {}


def kind(repair: Repair) -> Repair:
    """Register a repair under its function's name; its docstring is what it does."""
    name = repair.__name__
    KINDS[name] = RepairKind(name, repair, (repair.__doc__ or "").strip())
    return repair


# Promise, holds, price ---------------------------------------------------------------------------------------------


@kind
def promise(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """The customer was promised another day; for a later one SAP restocks. The shop's word alone changes nothing."""
    if params.get("system") == "shop":
        return f"{NOTHING}: the shop tells the customer, and SAP's promise counts"
    promised_at = datetime.fromisoformat(params["promised_at"])
    if promised_at > plan.promised_at:
        restocked_at = params.get("restocked_at")
        _backorder(plan, at, datetime.fromisoformat(restocked_at) if restocked_at else at + RESTOCKED, draw)
    plan.promises.append((at, promised_at))
    return f"promised for {promised_at:%Y-%m-%d %H:%M}"


def _backorder(plan: Plan, at: datetime, restocked_at: datetime, draw: random.Random) -> None:
    """Stock comes for what SAP never confirmed, and for what was taken off deliveries and is in no other."""
    if is_open(plan.shortfall, at) and plan.shortfall.released_at is None:
        plan.shortfall.released_at = restocked_at
        plan.bring_back(plan.shortfall.released_at)
    cut = next((leg for leg in plan.legs if leg.first_lines), None)
    missing = {line.number: line.qty - _allotted(plan, line.number) for line in plan.order.lines}
    missing = {number: qty for number, qty in missing.items() if qty > 0}
    if cut and missing and not plan.dropped:
        made = draft.leg(draw, _serial(plan), cut.warehouse, cut.carrier, missing, restocked_at)
        made.is_backorder = True
        plan.legs.append(made)


def _allotted(plan: Plan, number: int) -> int:
    return sum(leg.lines.get(number, 0) for leg in plan.legs)


@kind
def block(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """A delivery block is released ('') and the deliveries that waited come; or one is set and they wait."""
    code = params.get("code") or ""
    if not code:
        return _release(plan, plan.block, at)
    plan.block, plan.block_code = Hold(at, None), code
    plan.hold_back(at)
    return f"blocked with {code}"


@kind
def billing_block(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """SAP bills nothing of the order while it is blocked; released (''), it bills what is due half an hour later."""
    code = params.get("code") or ""
    if code:
        plan.billing, plan.billing_code = Hold(at, None), code
        return f"billing blocked with {code}"
    if not is_open(plan.billing, at):
        return f"{NOTHING}: billing was not blocked"
    plan.billing.released_at = at
    return "released: SAP bills it"


@kind
def credit_release(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """SAP releases the credit block, and the deliveries that waited come."""
    return _release(plan, plan.credit, at)


def is_open(hold: Hold | None, at: datetime) -> bool:
    """Whether it holds at `at`."""
    return hold is not None and hold.opened_at <= at and (hold.released_at is None or hold.released_at > at)


def _release(plan: Plan, hold: Hold | None, at: datetime) -> str:
    """End a hold: the deliveries that waited for it come, those that were to come later come as much earlier."""
    if not is_open(hold, at):
        return f"{NOTHING}: it did not hold"
    planned, hold.released_at = hold.released_at, at
    if planned is None:
        plan.bring_back(at)
    else:
        for leg in plan.legs:
            if leg.created_at > planned:
                shift(leg, at - planned)
    return "released: the deliveries come"


@kind
def price(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """SAP charges this rate per unit of a line: right when the sum is what was ordered."""
    line = plan.line(int(params["line"]))
    plan.amounts_off[line.number] = Decimal(str(params["rate"])) * line.qty - line.net_amount
    return f"SAP charges {plan.sap_amount_off:+.2f} beside what was ordered"


# Where it comes from -----------------------------------------------------------------------------------------------


@kind
def plant(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """A line is to come from another warehouse: a shortfall ends ten minutes later where enough lies there."""
    line, place = plan.line(int(params["line"])), WAREHOUSES[params["warehouse"]]
    plan.places[line.number] = place
    if not (is_open(plan.shortfall, at) and line.number == plan.shortfall_line):
        _move_line(plan, line.number, place, at, draw)
        return f"from {place.code}; nothing of it was short"
    if params["available"] < line.qty:
        return f"{NOTHING}: {params['available']} of {line.qty} lie at {place.code}"
    _release(plan, plan.shortfall, at)
    confirmed_at = at + STOCK_CHECK
    plan.shortfall.released_at = confirmed_at
    for leg in plan.legs:
        if leg.created_at > at:
            shift(leg, STOCK_CHECK)
    _move_line(plan, line.number, place, confirmed_at, draw)
    return f"confirmed from {place.code}"


def _move_line(plan: Plan, number: int, place: Warehouse, at: datetime, draw: random.Random) -> None:
    """Deliveries of the line that are not made yet come from there; what else was in them stays where it was."""
    waiting = [leg for leg in plan.legs if leg.created_at > at and number in leg.lines and leg.warehouse != place]
    for leg in waiting:
        if set(leg.lines) == {number}:
            leg.warehouse = place
            continue
        qty = leg.lines.pop(number)
        leg.picks = [pick for pick in leg.picks if pick.line != number]
        plan.legs.append(draft.leg(draw, _serial(plan), place, leg.carrier, {number: qty}, at))


def _serial(plan: Plan) -> int:
    """The number of the order's next delivery."""
    return (int(plan.order.number) - draft.FIRST_NUMBER) * 10 + _next_parcel(plan)


def _next_parcel(plan: Plan) -> int:
    return max((leg.parcel for leg in [*plan.legs, *plan.dropped]), default=-1) + 1


# Deliveries --------------------------------------------------------------------------------------------------------


@kind
def delivery(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """SAP makes another delivery; nothing happens to it in the warehouse until it is told (reserve)."""
    lines = {number: int(qty) for number, qty in sorted((int(n), q) for n, q in params["lines"].items())}
    plan.legs = [leg for leg in plan.legs if not (leg.is_backorder and leg.created_at > at)]
    carrier = plan.legs[0].carrier if plan.legs else catalogue.CARRIERS[0]
    made = draft.leg(draw, int(params["delivery"]), WAREHOUSES[params["warehouse"]], carrier, lines, at)
    made.number, made.parcel = params["delivery"].zfill(10), _next_parcel(plan)
    made.created_at = at
    made.planned_handover_at = at + HANDOVER_AFTER
    keep_from_warehouse(made)
    plan.legs.append(made)
    return f"delivery {made.number} from {made.warehouse.code}"


@kind
def delete_delivery(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """The delivery goes, unless something of it was picked."""
    leg = plan.leg(params["delivery"])
    if leg is None or leg.picked_by(at):
        return f"{NOTHING}: {'there is none' if leg is None else 'something of it was picked'}"
    plan.legs.remove(leg)
    return f"delivery {leg.number} is gone"


@kind
def reserve(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """The warehouse is told of a delivery: it picks, packs and ships it as any other."""
    leg = plan.leg(params["delivery"])
    if leg is None or leg.unknown_work is None:
        return f"{NOTHING}: {'there is no such delivery' if leg is None else 'the warehouse knows of it'}"
    tell_warehouse(leg, at)
    leg.first_picks = deepcopy(leg.picks)
    for line, qty in leg.lines.items():
        _pick_no_more(leg, line, qty, at)
    return f"the warehouse works on {leg.number}"


@kind
def unreserve(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """The warehouse's work on a delivery is called off, unless it has picked something."""
    leg = plan.leg(params["delivery"])
    if leg is None or leg.unknown_work is not None or leg.picked_by(at):
        return f"{NOTHING}: {'there is no such delivery' if leg is None else 'there is nothing to call off'}"
    leg.unknown_work = deepcopy(leg)
    drop_after_release(leg)
    return f"work on {leg.number} is called off"


@kind
def delivery_qty(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """A delivery says another quantity of a line: no more than that is picked from then on."""
    leg, line, qty = plan.leg(params["delivery"]), int(params["line"]), int(params["qty"])
    if leg is None or line not in leg.lines:
        return f"{NOTHING}: there is no such line in a delivery"
    leg.first_lines = leg.first_lines or dict(leg.lines)
    leg.first_picks = leg.first_picks or deepcopy(leg.picks)
    leg.lines[line] = qty
    _pick_no_more(leg, line, qty, at)
    return f"line {line} of {leg.number}: {qty}"


def _pick_no_more(leg: Leg, line: int, qty: int, at: datetime) -> None:
    """Of what would have been picked of the line after `at`, as much happens as the quantity asks for."""
    left = qty - leg.picked_by(at).get(line, 0)
    kept = [pick for pick in leg.picks if pick.line != line or pick.at <= at]
    for pick in leg.first_picks or []:
        if pick.line == line and pick.at > at and left > 0:
            kept.append(replace(pick, qty=min(pick.qty, left)))
            left -= pick.qty
    leg.picks = sorted(kept, key=lambda pick: pick.at)


@kind
def goods_issue(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """SAP posts goods issue of a delivery."""
    leg = plan.leg(params["delivery"])
    if leg is None or (leg.goods_issued_at and leg.goods_issued_at <= at):
        return f"{NOTHING}: {'there is no such delivery' if leg is None else 'it was posted'}"
    leg.first_issue.append(leg.goods_issued_at)
    leg.goods_issued_at = at
    return f"goods issue of {leg.number}"


@kind
def reverse_goods_issue(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """A goods issue is taken back. Was it posted from outside, it comes when it would have come; else never."""
    leg = plan.leg(params["delivery"])
    if leg is None or leg.goods_issued_at is None or leg.goods_issued_at > at:
        return f"{NOTHING}: no goods issue was posted"
    leg.goods_issued_at = leg.first_issue.pop() if leg.first_issue else None
    return f"goods issue of {leg.number} is taken back"


# Labels ------------------------------------------------------------------------------------------------------------


@kind
def rebook(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """Before hand-over the parcel goes with the new label; the new carrier's days say when it arrives."""
    leg, carrier = plan.leg(params["delivery"]), carrier_named(params["carrier"])
    number, estimate = params["tracking_number"], at + int(params["days"]) * DAY
    if leg is None:
        return f"{NOTHING}: there is no such delivery"
    label = [Scan(at, "pre_transit", "Shipping label created", estimate)]
    if leg.shipped is None or leg.shipped.at <= at:
        leg.labels.append(Label(number, carrier, label, at))
        return f"{NOTHING}: the parcel has left, or never will"
    if leg.scans and leg.scans[0].at <= at:
        leg.labels.append(Label(leg.tracking_number, leg.carrier, leg.scans, at))
    leg.carrier, leg.tracking_number = carrier, number
    leg.scans = label + _way(leg.shipped.at, estimate, draw)
    leg.lost_scans = []
    return f"delivery {leg.number} goes with {carrier.code}, estimated for {estimate:%Y-%m-%d %H:%M}"


def carrier_named(name: str) -> Carrier:
    """A carrier by our code or by the gateway's name."""
    return next(c for c in catalogue.CARRIERS if name.lower() in (c.code.lower(), c.easypost_carrier.lower()))


def _way(shipped_at: datetime, estimate: datetime, draw: random.Random) -> list[Scan]:
    """The scans of a parcel that arrives a little before its estimate, never 20 hours apart."""
    at = shipped_at + minutes(draw, 5, 30)
    door = max(estimate - minutes(draw, 120, 360), at + DAY)
    van = door - minutes(draw, 90, 300)
    scans = [Scan(at, "in_transit", "Picked up", estimate)]
    while (at := at + minutes(draw, 8 * 60, 18 * 60)) < van - 2 * HOUR:
        scans.append(Scan(at, "in_transit", "Arrived at facility", estimate))
    scans.append(Scan(van, "out_for_delivery", "Out for delivery", estimate))
    return [*scans, Scan(door, "delivered", "Delivered", estimate)]


@kind
def label_refunded(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """A label is refunded. Is it the one in use, the parcel goes with the one before it."""
    number = params["tracking_number"]
    for leg in plan.legs:
        unused = next((label for label in leg.labels if label.tracking_number == number), None)
        if unused is not None:
            unused.refunded_at = at
            return f"label {number} is refunded"
        before = next((label for label in reversed(leg.labels) if label.refunded_at is None), None)
        if leg.tracking_number == number and before is not None and leg.shipped.at > at:
            leg.labels.remove(before)
            leg.labels.append(Label(number, leg.carrier, leg.scans, at, refunded_at=at))
            leg.tracking_number, leg.carrier, leg.scans = before.tracking_number, before.carrier, before.scans
            return f"label {number} is refunded: the parcel goes with {leg.tracking_number}"
    return f"{NOTHING}: it is not a label that was replaced"


# People and partners -----------------------------------------------------------------------------------------------


@kind
def ticket(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """People solve a ticket two to six hours later; unless it only tells the customer, they mend what only they can."""
    solved_at = desk.answered_at(at, draw)
    plan.amends.append(desk.solved(params["ticket_id"], solved_at))
    done = "" if TOLD in params.get("tags", []) else desk.mend(plan, solved_at, draw)
    return done or f"{NOTHING} but the ticket: solved at {solved_at:%Y-%m-%d %H:%M}"


@kind
def edi_resend(plan: Plan, at: datetime, params: dict, draw: random.Random) -> str:
    """The partner gets our 855 again under a new control number, and accepts it one to three hours later."""
    plan.reply = Reply(minutes(draw, 60, 180))
    return "the partner accepts it"


def apply(plan: Plan, interventions: list[Intervention], stream: Callable[..., random.Random]) -> None:
    """Every intervention of an order in turn; `plan.effects` says what came of each. `stream` gives random numbers."""
    for ordinal, each in enumerate(interventions):
        draw = stream("repair", plan.order.number, ordinal, each.kind)
        plan.effects.append(KINDS[each.kind].apply(plan, each.at, each.params, draw))
