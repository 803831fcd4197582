"""Harm done from outside: a repair of what was well, or the same effect twice. Judged by the plan and the truth.

Taking back what was done from outside is never harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from crossdock_lab.truth.ledger import SLACK
from crossdock_lab.world.plan import Hold, Plan
from crossdock_lab.world.repairs import Intervention, is_open

WRONG, TWICE = "wrong_repair", "duplicate_effect"


@dataclass(frozen=True, slots=True)
class Case:
    """One intervention, the plan before it, what was done to the order earlier, and the codes that were true of it."""

    plan: Plan
    each: Intervention
    earlier: list[Intervention]
    ailing: set[str]

    def before(self, *kinds: str, **params: object) -> bool:
        """Whether an earlier intervention was of such a kind and about the same."""
        return any(
            one.kind in kinds and all(str(one.params.get(name)) == str(value) for name, value in params.items())
            for one in self.earlier
        )


Found = tuple[str, str]
Rule = Callable[[Case], Found | None]


def harm(case: Case) -> Found | None:
    """(kind, reason) of the harm that the intervention does; None where it does none."""
    return RULES[case.each.kind](case)


def _promise(case: Case) -> Found | None:
    if case.each.params.get("system") == "shop" or case.ailing or case.before("promise"):
        return None
    return WRONG, "another day was promised although nothing was wrong with the order"


def _plant(case: Case) -> Found | None:
    line = case.each.params["line"]
    if "inventory_shortfall" in case.ailing or case.before("plant", line=line):
        return None
    return WRONG, f"line {line} was moved to another warehouse although nothing of it was short"


def _delivery(case: Case) -> Found | None:
    for number, qty in case.each.params["lines"].items():
        missing = _missing(case, int(number))
        if int(qty) > missing:
            return WRONG, f"line {number}: {qty} delivered again although {max(0, missing)} were missing"
    return None


def _missing(case: Case, number: int) -> int:
    """How much of a line is in nobody's hands."""
    plan, at = case.plan, case.each.at
    waits = [] if is_open(plan.shortfall, at) and plan.shortfall_line == number else plan.dropped
    there = sum(leg.lines.get(number, 0) for leg in waits)
    for leg in (leg for leg in plan.legs if not (leg.is_backorder and leg.created_at > at)):
        coming = sum(pick.qty for pick in leg.picks if pick.line == number)
        there += leg.lines.get(number, 0) if leg.unknown_work else coming
    return plan.line(number).qty - there


def _delete_delivery(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    return None if case.before("delivery", delivery=number) else (WRONG, f"delivery {number} of the ERP was deleted")


def _reserve(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    told = [one.kind for one in case.earlier if str(one.params.get("delivery")) == str(number)]
    told = [name for name in told if name in ("reserve", "unreserve")]
    return (TWICE, f"delivery {number} was reserved twice") if told[-1:] == ["reserve"] else None


def _unreserve(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    return None if case.before("reserve", delivery=number) else (WRONG, f"work on {number} was called off")


def _delivery_qty(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    if "inventory_short_pick" in case.ailing or case.before("delivery_qty", "delivery", delivery=number):
        return None
    return WRONG, f"delivery {number} was changed although nothing was picked short"


def _goods_issue(case: Case) -> Found | None:
    leg = case.plan.leg(case.each.params["delivery"])
    if leg and leg.shipped and leg.shipped.at <= case.each.at:
        return None
    return WRONG, f"goods issue of {case.each.params['delivery']} was posted and nothing had left"


def _reverse_goods_issue(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    if "inventory_short_pick" in case.ailing or case.before("goods_issue", delivery=number):
        return None  # SAP changes no quantity of a delivery whose goods issue is posted
    return WRONG, f"goods issue of {number} was reversed"


def _block(case: Case) -> Found | None:
    if case.before("block"):
        return None
    if case.each.params.get("code"):
        return WRONG, "an order was blocked"
    return None if _held(case.plan.block, case.each.at) else (WRONG, "there was no delivery block to release")


def _billing_block(case: Case) -> Found | None:
    if case.before("billing_block"):
        return None
    if case.each.params.get("code"):
        return None if "pod_mismatch" in case.ailing else (WRONG, "billing was blocked although the proof agreed")
    return None if _held(case.plan.billing, case.each.at) else (WRONG, "there was no billing block to release")


def _credit_release(case: Case) -> Found | None:
    return None if _held(case.plan.credit, case.each.at) else (WRONG, "there was no credit block to release")


def _held(hold: Hold | None, at: datetime) -> bool:
    """Whether it holds, or held a little while ago."""
    return is_open(hold, at) or bool(hold and hold.released_at and hold.opened_at <= at < hold.released_at + SLACK)


def _price(case: Case) -> Found | None:
    line = case.plan.line(int(case.each.params["line"]))
    off = Decimal(str(case.each.params["rate"])) * line.qty - line.net_amount
    was = case.plan.amounts_off.get(line.number, Decimal(0))
    if abs(off) <= abs(was) or case.before("price", line=line.number):
        return None
    return WRONG, f"line {line.number} is charged {off:+.2f} beside what was ordered"


def _rebook(case: Case) -> Found | None:
    number = case.each.params["delivery"]
    leg = case.plan.leg(number)
    if leg is None or leg.shipped is None or leg.shipped.at <= case.each.at:
        return WRONG, f"a label was bought for {number}, which no parcel goes with"
    if "carrier_cannot_meet_promise" in case.ailing:
        return None
    return WRONG, f"a label was bought for {number} although its carrier was in time"


def _label_refunded(case: Case) -> Found | None:
    number = case.each.params["tracking_number"]
    in_use = any(leg.tracking_number == number for leg in case.plan.legs)
    if in_use and not case.before("rebook", tracking_number=number):
        return WRONG, f"label {number} was refunded, and the parcel goes with it"
    return None


def _ticket(case: Case) -> Found | None:
    if case.each.params.get("is_second"):
        return TWICE, f"a second ticket was opened for {case.each.params['external_id']}"
    return None if case.ailing else (WRONG, "a ticket was opened although nothing was wrong with the order")


def _edi_resend(case: Case) -> Found | None:
    if case.ailing & {"edi_ack_overdue", "edi_ack_rejected"}:
        return None
    return WRONG, "an 855 was sent again although its acknowledgement was neither overdue nor a no"


RULES: dict[str, Rule] = {
    "promise": _promise,
    "plant": _plant,
    "delivery": _delivery,
    "delete_delivery": _delete_delivery,
    "reserve": _reserve,
    "unreserve": _unreserve,
    "delivery_qty": _delivery_qty,
    "goods_issue": _goods_issue,
    "reverse_goods_issue": _reverse_goods_issue,
    "block": _block,
    "billing_block": _billing_block,
    "credit_release": _credit_release,
    "price": _price,
    "rebook": _rebook,
    "label_refunded": _label_refunded,
    "ticket": _ticket,
    "edi_resend": _edi_resend,
}
