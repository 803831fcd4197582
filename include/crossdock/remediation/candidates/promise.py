"""A promise that will not be kept: the date that can be, by the carrier's estimate or by the policy's rule.

A hand-over that was late may still be in time for the customer: then the promise stands, and the customer is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.facts.values import days_past, moment, promise
from crossdock.remediation.policies.model import Knobs

BY_CARRIER, STANDS, BY_RULE = Decimal("0.9"), Decimal("0.8"), Decimal("0.6")
MAY_STAND = "carrier_handover_late"


def generate(facts: dict, knobs: Knobs) -> list[Candidate]:
    """The carrier's date where it has one that is still to come, else the rule's; or the promise as it is."""
    now, said = moment(facts["now"]), _estimate(facts)
    by_rule = _by_rule(facts, knobs)
    is_known = said is not None and said > now
    return [
        _candidate(facts, "carrier's estimate", "carrier_estimate", said, BY_CARRIER, _not_said(now, said)),
        _candidate(facts, "by rule", "by_rule", by_rule, BY_RULE, ["the carrier says when"] if is_known else []),
        _stands(facts, said if is_known else by_rule),
    ]


def _under_way(facts: dict) -> list[dict]:
    shipment = facts.get("shipment")
    return [shipment] if shipment else [one for one in facts["shipments"] if not one["delivered_at"]]


def _estimate(facts: dict) -> datetime | None:
    """The latest of what the carriers say of the parcels that are under way; None unless all of them say."""
    said = [moment(one["estimated_delivery_at"]) for one in _under_way(facts)]
    return max(said) if said and all(said) else None


def _by_rule(facts: dict, knobs: Knobs) -> datetime:
    """What is still here needs handling and transit; what the carrier has but cannot place is given some days more."""
    now, owed = moment(facts["now"]), moment(facts["order"]["promised_at"])
    under_way = _under_way(facts)
    if under_way and all(one["handed_over_at"] for one in under_way):
        return max(now, owed or now) + timedelta(days=knobs.delay_days)
    return now + timedelta(hours=knobs.handling_hours + knobs.transit_hours)


def _not_said(now: datetime, said: datetime | None) -> list[str]:
    if said is None:
        return ["no carrier says when it will arrive"]
    return [f"the carrier's estimate of {said:%Y-%m-%d %H:%M} has passed"] if said <= now else []


def _candidate(facts: dict, name: str, kind: str, at: datetime | None, sure: Decimal, excluded: list[str]) -> Candidate:
    owed = moment(facts["order"]["promised_at"])
    if at and owed and at <= owed:
        excluded = [*excluded, f"{at:%Y-%m-%d %H:%M} is within the promise"]
    choice = {"kind": kind, "new_promise": promise(at, facts["partners"]["erp"]["time_zone"]) if at else None}
    late = days_past(at, owed) if at else 0
    return Candidate(name, kind, choice, Decimal("0.00"), late, sure, tuple(excluded))


def _stands(facts: dict, expected: datetime) -> Candidate:
    owed = moment(facts["order"]["promised_at"])
    new = promise(owed, facts["partners"]["erp"]["time_zone"]) if owed else None
    choice = {"kind": "stands", "new_promise": new}
    excluded = tuple(_does_not_stand(facts, expected, owed))
    return Candidate("the promise stands", "stands", choice, Decimal("0.00"), 0, STANDS, excluded)


def _does_not_stand(facts: dict, expected: datetime, owed: datetime | None) -> Iterator[str]:
    if facts["case"]["lead_code"] != MAY_STAND:
        yield "what was found says that it is not kept"
    if owed is None:
        yield "nothing was promised"
    elif expected > owed:
        yield f"{expected:%Y-%m-%d %H:%M} is past the promise"
