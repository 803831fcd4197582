"""What a policy may say. A policy chooses and limits; what is done is in the playbook it names."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from crossdock.remediation.source import Strict

_DURATION = re.compile(r"(\d+) (minutes?|hours?|days?)")


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError("write a number and minutes, hours or days, as in '4 hours'")
    return text


Duration = Annotated[str, AfterValidator(_duration)]
"""Business time, as Postgres takes it for an interval: `4 hours`."""
Share = Annotated[Decimal, Field(ge=0, le=1)]
Money = Annotated[Decimal, Field(ge=0)]


def span(duration: str) -> timedelta:
    """A Duration as a timedelta."""
    number, unit = _DURATION.fullmatch(duration).groups()
    return timedelta(**{unit.rstrip("s") + "s": int(number)})


UNKNOWN_TIER = "unknown"
"""Of a customer whose partner names a tier that is not in ref.customer_tiers; policies may name it like any other."""


class Approval(Strict):
    """When a person must agree first: any one of the conditions is enough."""

    may_answer: tuple[str, ...] = Field(min_length=1)
    """Queues whose people may answer."""
    within: Duration = "4 hours"
    on_timeout: Literal["service_desk", "ask_again"] = "service_desk"
    always: bool = False
    value_from: Money | None = None
    """Orders worth this or more, in the order's currency."""
    cost_from: Money | None = None
    """Repairs that cost this or more."""
    tiers: tuple[str, ...] = ()
    """Of ref.customer_tiers, or `unknown`."""
    kinds: tuple[str, ...] = ()
    """Kinds of candidates, as `backorder`."""
    regulated: bool = False
    confidence_below: Share | None = None


class Knobs(Strict):
    """The figures that candidates are made and scored with. Costs are in the order's currency."""

    handling_hours: int = Field(24, ge=0)
    """From the decision until goods leave a warehouse."""
    transit_hours: int = Field(96, ge=0)
    """From the dock to the customer, where no carrier has said."""
    later_days: int = Field(3, ge=0)
    """Until a warehouse has what it did not find today."""
    restock_days: int = Field(7, ge=0)
    """Until new stock comes."""
    delay_days: int = Field(3, ge=1)
    """How far a promise is moved where nobody knows when it can be met."""
    parcel_cost: Money = Decimal("9.00")
    """Of each further parcel."""
    late_day_cost: Money = Decimal("8.00")
    """What a day past the promise costs us, for a customer of no tier below."""
    late_day_cost_by_tier: dict[str, Money] = Field(
        default_factory=lambda: {"gold": Decimal("40.00"), "silver": Decimal("15.00")}
    )
    risk_cost: Money = Decimal("50.00")
    """What it costs when a repair does not come about: weighed with what is lacking in confidence."""
    buffer_qty: Money = Decimal("10")
    """A warehouse that keeps less than this afterwards may not have it after all."""
    split_at_most: int = Field(3, ge=1)
    excluded_warehouses: tuple[str, ...] = ()
    not_for_regulated: tuple[str, ...] = ()
    """Warehouses that may not send regulated goods."""
    carriers: tuple[str, ...] = ()
    """Carriers that may be booked, our codes."""


class Policy(Strict):
    """One policy: for which exceptions, which playbooks in turn, how far they may go without a person."""

    policy: str = Field(pattern=r"^[a-z][a-z0-9_.]*$")
    doc: str
    exceptions: tuple[str, ...] = Field(min_length=1)
    playbooks: tuple[str, ...] = Field(min_length=1)
    """Tried in this order: the first whose preconditions hold and that has a candidate decides."""
    mode: Literal["active", "canary", "shadow"] = "active"
    share: Share | None = None
    """The part of all cases that a canary decides."""
    attempts: int = Field(2, ge=1)
    """After so many a person takes over."""
    holds_for: Duration = "1 day"
    """How long a repair must hold before its case is closed."""
    patience: Duration = "12 hours"
    """How long a repair may stay unproved: the exception not gone, or a system that cannot be read."""
    approval: Approval | None = None
    knobs: Knobs = Knobs()

    @model_validator(mode="after")
    def _share_of_canaries(self) -> Policy:
        if (self.mode == "canary") != (self.share is not None):
            raise ValueError("a canary, and nothing else, has a share")
        return self
