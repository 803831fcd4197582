"""A parcel that its carrier will deliver too late and that is still here: every rate the carriers offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.facts.values import days_past, moment, number
from crossdock.remediation.policies.model import Knobs

CONFIDENCE = Decimal("0.95")


def generate(facts: dict, knobs: Knobs) -> list[Candidate]:
    """One candidate a rate. A rate has carrier and service in the gateway's words, cost, currency, days."""
    return [_candidate(facts, knobs, rate) for rate in facts["quotes"] or []]


def _candidate(facts: dict, knobs: Knobs, rate: dict) -> Candidate:
    at = _leaves(facts, knobs) + timedelta(days=int(rate["days"] or 0))
    choice = {
        "kind": "rate",
        "carrier": rate["carrier"],
        "service": rate["service"],
        "carrier_code": facts["carriers"].get(rate["carrier"]),
        "days": rate["days"],
        "arrives_at": at.isoformat(),
        "erp_carrier": facts["erp_carriers"].get(facts["carriers"].get(rate["carrier"], "")),
        "shop_carrier": facts["shop_carriers"].get(facts["carriers"].get(rate["carrier"], "")),
    }
    excluded = tuple(_excluded(facts, knobs, rate, at))
    name = f"{rate['carrier']} {rate['service']}"
    return Candidate(name, "rate", choice, number(rate["cost"]), days_past(at, _owed(facts)), CONFIDENCE, excluded)


def _leaves(facts: dict, knobs: Knobs) -> datetime:
    """When the carrier gets it: as planned, or when the warehouse can have put the new label on it."""
    now, planned = moment(facts["now"]), moment(facts["shipment"]["planned_handover_at"])
    return max(now, planned) if planned else now + timedelta(hours=knobs.handling_hours)


def _owed(facts: dict) -> datetime | None:
    return moment(facts["shipment"]["promised_at"] or facts["order"]["promised_at"])


def _excluded(facts: dict, knobs: Knobs, rate: dict, at: datetime) -> Iterator[str]:
    code, owed = facts["carriers"].get(rate["carrier"]), _owed(facts)
    if code is None:
        yield f"nobody has mapped the carrier {rate['carrier']}"
    elif code not in knobs.carriers:
        yield f"the policy does not book {code}"
    if facts["order"]["currency_code"] and rate["currency"] != facts["order"]["currency_code"]:
        yield f"it is priced in {rate['currency']}, the order in {facts['order']['currency_code']}"
    if rate["days"] is None:
        yield "the carrier does not say how long it takes"
    elif owed and at > owed:
        yield f"it would arrive {at:%Y-%m-%d %H:%M}, after the promise of {owed:%Y-%m-%d %H:%M}"
