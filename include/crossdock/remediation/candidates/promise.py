"""A promise that will not be kept: the date that can be, by the carrier's estimate or by the policy's rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.facts.values import days_past, moment, promise
from crossdock.remediation.policies.model import Knobs

BY_CARRIER, BY_RULE = Decimal("0.9"), Decimal("0.6")


def generate(facts: dict, knobs: Knobs) -> list[Candidate]:
    """The carrier's date where it has one, and the rule's."""
    now, owed = moment(facts["now"]), moment(facts["order"]["promised_at"])
    by_rule = max(now, owed or now) + timedelta(days=knobs.delay_days)
    return [
        _candidate(facts, "carrier's estimate", "carrier_estimate", _estimate(facts), BY_CARRIER),
        _candidate(facts, f"{knobs.delay_days} days more", "by_rule", by_rule, BY_RULE),
    ]


def _estimate(facts: dict) -> datetime | None:
    """The latest of what the carriers say of the parcels that are under way; None unless all of them say."""
    shipment = facts.get("shipment")
    under_way = [shipment] if shipment else [one for one in facts["shipments"] if not one["delivered_at"]]
    said = [moment(one["estimated_delivery_at"]) for one in under_way]
    return max(said) if said and all(said) else None


def _candidate(facts: dict, name: str, kind: str, at: datetime | None, sure: Decimal) -> Candidate:
    owed = moment(facts["order"]["promised_at"])
    excluded = tuple(_excluded(facts, at, owed))
    choice = {"kind": kind, "new_promise": promise(at, facts["partners"]["erp"]["time_zone"]) if at else None}
    return Candidate(name, kind, choice, Decimal("0.00"), days_past(at, owed) if at else 0, sure, excluded)


def _excluded(facts: dict, at: datetime | None, owed: datetime | None) -> Iterator[str]:
    if at is None:
        yield "no carrier says when it will arrive"
    elif at <= moment(facts["now"]):
        yield f"the carrier's estimate of {at:%Y-%m-%d %H:%M} has passed"
    elif owed and at <= owed:
        yield f"{at:%Y-%m-%d %H:%M} is within the promise"
