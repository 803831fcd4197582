"""Which order has which fault, by seed; and the plan of an order with its fault in it."""

from __future__ import annotations

from datetime import datetime

from crossdock_lab.world import draft, lookalikes, proofs, returns  # the last three: imported to register their kinds
from crossdock_lab.world.config import ORDERS_A_DAY_MOST, WorldConfig
from crossdock_lab.world.faults import KINDS, Kind
from crossdock_lab.world.plan import Plan

assert lookalikes
assert proofs
FIRST_NUMBER = draft.FIRST_NUMBER


def number_of(day: int, index: int) -> str:
    """The order's number."""
    return str(FIRST_NUMBER + day * ORDERS_A_DAY_MOST + index)


def place_of(number: str) -> tuple[int, int]:
    """Day and index of an order's number."""
    return divmod(int(number) - FIRST_NUMBER, ORDERS_A_DAY_MOST)


def plan_of(config: WorldConfig, number: str, by_hand: str | None = None) -> Plan:
    """The plan of an order: with the fault caused by hand, or the one the seed gives it, or none.

    Of an order without a fault a line may come back.
    """
    day, index = place_of(number)
    plan = draft.plan(config, day, index)
    kind = KINDS[by_hand] if by_hand else seeded(config, plan, day, index)
    if kind:
        kind.alter(plan, config.stream("fault", kind.name, day, index))
        plan.fault = kind.name
    else:
        returns.perhaps(plan, config.stream("return", day, index))
    return plan


def seeded(config: WorldConfig, plan: Plan, day: int, index: int) -> Kind | None:
    """The fault or look-alike that the seed gives this order."""
    draw = config.stream("choice", day, index)
    share = draw.random()
    if share >= config.fault_share + config.lookalike_share:
        return None
    wants_lookalike = share >= config.fault_share
    fitting = [kind for kind in kinds(config) if kind.is_lookalike == wants_lookalike and kind.fits(plan)]
    if not fitting:
        return None
    return draw.choices(fitting, [1 / _share(kind) for kind in fitting])[0]


def _share(kind: Kind) -> float:
    """The share of all orders that can have it: rare occasions count more, so that every kind is about as frequent."""
    weights = dict(zip(draft.CHANNELS, draft.CHANNEL_WEIGHTS, strict=True))
    share = sum(weights[channel] for channel in kind.channels) / sum(weights.values())
    return share * draft.SPLIT_SHARE if kind.is_split else share


def kinds(config: WorldConfig) -> list[Kind]:
    """The kinds this world has, by name."""
    return [kind for name, kind in sorted(KINDS.items()) if not config.kinds or name in config.kinds]


def arrivals(config: WorldConfig, day: int) -> list[tuple[datetime, str]]:
    """When which order of a day comes in, by time."""
    if config.days is not None and day >= config.days:
        return []
    return sorted(
        (draft.ordered_at(config, day, index), number_of(day, index)) for index in range(config.orders_per_day)
    )
