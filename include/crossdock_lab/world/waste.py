"""What a plan wastes: goods that leave beyond what was ordered, and labels that are paid for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crossdock_lab.world.plan import DAY, Plan


@dataclass(frozen=True, slots=True)
class Harm:
    """At `at`, something has been done twice for good: a row of truth.wrongs."""

    at: datetime
    kind: str
    reason: str


def waste(plan: Plan) -> Iterator[Harm]:
    """Goods count when they leave, a label a day after the parcel left without it."""
    sent: dict[int, int] = {}
    for leg in sorted((leg for leg in plan.legs if leg.shipped), key=lambda leg: leg.shipped.at):
        for number, qty in leg.picked_by(leg.shipped.at).items():
            sent[number] = sent.get(number, 0) + qty
            over = sent[number] - plan.line(number).qty
            if over > 0:
                yield Harm(leg.shipped.at, "duplicate_effect", f"line {number}: {over} more sent than ordered")
        for label in leg.labels:
            due = max(leg.shipped.at, label.left_at) + DAY
            if label.refunded_at is None or label.refunded_at > due:
                why = f"delivery {leg.number}: label {label.tracking_number} was never used and not refunded"
                yield Harm(due, "duplicate_effect", why)
