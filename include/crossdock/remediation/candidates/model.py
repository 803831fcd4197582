"""What could be done about a case: one candidate each, with its cost and what rules it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from crossdock.remediation.policies.model import Knobs

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to repair. `choice` is JSON: what the playbook's templates call `choice`."""

    name: str
    kind: str
    choice: dict
    cost: Decimal = Decimal("0.00")
    """In the order's currency, as far as it is known before it is done."""
    days_late: int = 0
    """Whole days past the promise, begun days counted."""
    confidence: Decimal = Decimal("1")
    """How sure it is that it comes about, 0 to 1."""
    excluded_by: tuple[str, ...] = field(default=())
    """A sentence for each thing that rules it out."""

    def score(self, facts: dict, knobs: Knobs) -> Decimal:
        """The dearer, later and less sure, the lower: minus the cost that is to be expected of it."""
        tier = (facts.get("order") or {}).get("customer_tier") or ""
        a_day = knobs.late_day_cost_by_tier.get(tier, knobs.late_day_cost)
        expected = self.cost + self.days_late * a_day + (1 - self.confidence) * knobs.risk_cost
        return -expected.quantize(CENT)


Generator = Callable[[dict, Knobs], list[Candidate]]
"""(facts, knobs) → every candidate, the ruled-out ones too. Pure: the same facts give the same list."""
