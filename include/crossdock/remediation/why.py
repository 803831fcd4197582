"""Why a case was decided as it was, and what would have had to be different for the runner-up to win.

The second is computed: one named figure or word of the stored inputs is changed and the decision made anew, until the
runner-up is chosen. What is reported has been decided so; nothing is guessed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import Refused
from crossdock.remediation.decide import decide
from crossdock.remediation.facts.values import moment, number, plain
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies.model import Policy

DECISIONS = """
    select d.*, p.content as policy, p.loaded_at, p.loaded_by
    from ops.decisions as d
    join ops.policies as p on p.policy_id = d.policy_id and p.version = d.policy_version
    where d.case_id = %s
    order by d.decision_id
"""
FARTHEST = 4096
"""How far a figure is changed at most while one looks for the point where the choice turns, in its own steps."""
TIERS = ("bronze", "gold", "silver")


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing of the inputs that could have been different. `put` writes a value into a copy of the facts."""

    name: str
    now: object
    put: Callable[[dict, object], None]
    values: tuple = ()
    """What else it could be, where it is a word or a yes."""
    step: Decimal | timedelta | None = None
    """The least change, where it is a figure or a time."""
    most: Decimal | None = None
    """What the figure can be at most; it is never below 0."""

    def reach(self, sign: int) -> int:
        """How many steps it can go up (1) or down (-1)."""
        if not isinstance(self.now, Decimal):
            return FARTHEST
        room = self.now if sign < 0 else FARTHEST * self.step if self.most is None else self.most - self.now
        return min(int(room / self.step), FARTHEST)


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """With this one value instead, and all else as it was, `wins` is chosen."""

    name: str
    was: str
    would_be: str
    wins: str


def explained(connection: psycopg.Connection, case_id: int) -> list[dict]:
    """Every decision of a case, oldest first, each with the policy's version, `runner_up` and `counterfactuals`.

    Raises Refused where there is none.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(DECISIONS, [case_id]).fetchall()
    if not rows:
        raise Refused(f"case {case_id} has no decision", hint="see `crossdock cases show`: it may wait for one")
    return [_explained(row) for row in rows]


def _explained(row: dict) -> dict:
    facts, policy = row["inputs"]["facts"], Policy.model_validate(row.pop("policy"))
    rival = runner_up(row["candidates"], row["chosen"])
    found = counterfactuals(facts, policy, rival) if rival and row["outcome"] != "wait" else []
    return row | {"runner_up": rival, "counterfactuals": found}


def runner_up(candidates: list[dict], chosen: str | None) -> str | None:
    """The name of the next best of what was considered: of those not ruled out, else of those that were."""
    rivals = [one for one in candidates if one["name"] != chosen and one["playbook"] != "service_desk"]
    rivals.sort(
        key=lambda one: (bool(one["excluded_by"]), len(one["excluded_by"]), -Decimal(one["score"]), one["name"])
    )
    return rivals[0]["name"] if rivals else None


def counterfactuals(facts: dict, policy: Policy, rival: str) -> list[Counterfactual]:
    """Each single change that makes `rival` the choice, the least change of each lever, one lever at a time."""

    def wins(changed: dict) -> bool:
        return decide(changed, policy, playbooks()).name == rival

    found = (_turned(facts, lever, wins) for lever in levers(facts))
    return [
        Counterfactual(lever.name, _text(lever.now), _text(value), rival)
        for lever, value in ((lever, value) for lever, value in found if value is not None)
    ]


def _turned(facts: dict, lever: Lever, wins: Callable[[dict], bool]) -> tuple[Lever, object]:
    """The lever with the value that is nearest to what it is and turns the choice; None where none does."""

    def turns(value: object) -> bool:
        changed = copy.deepcopy(facts)
        lever.put(changed, value)
        return wins(changed)

    if lever.step is None:
        return lever, next((value for value in lever.values if turns(value)), None)
    steps = [found for sign in (1, -1) if (found := _nearest(lever, sign, turns)) is not None]
    best = min(steps, key=abs, default=None)
    return lever, None if best is None else lever.now + best * lever.step


def _nearest(lever: Lever, sign: int, turns: Callable[[object], bool]) -> int | None:
    """The least number of steps in one direction after which the choice is turned: doubled until it is, then halved."""
    farthest, reach = lever.reach(sign), 1
    while reach <= farthest and not turns(lever.now + sign * reach * lever.step):
        reach = farthest if reach < farthest < 2 * reach else 2 * reach
    if reach > farthest:
        return None
    not_yet, turned = reach // 2, reach
    while turned - not_yet > 1:
        middle = (turned + not_yet) // 2
        if turns(lever.now + sign * middle * lever.step):
            turned = middle
        else:
            not_yet = middle
    return sign * turned


def levers(facts: dict) -> Iterator[Lever]:
    """What could have been different: stock, promise, tier, what is missing, rates, the ERP's status."""
    yield from _stock(facts)
    yield from _order(facts)
    yield from _missing(facts)
    yield from _rates(facts)


def _stock(facts: dict) -> Iterator[Lever]:
    sku = (facts.get("line") or {}).get("sku")
    for place, position in enumerate(facts["stock"]):
        if position["sku"] == sku:

            def put(changed: dict, value: Decimal, place: int = place) -> None:
                changed["stock"][place]["available_qty"] = plain(value)

            name = f"stock of {sku} at {position['warehouse_code']}"
            yield Lever(name, number(position["available_qty"]), put, step=Decimal(1))


def _order(facts: dict) -> Iterator[Lever]:
    order = facts.get("order")
    if not order:
        return
    if order["promised_at"]:

        def promise(changed: dict, value: object) -> None:
            changed["order"]["promised_at"] = value.isoformat()
            if (changed.get("shipment") or {}).get("promised_at"):
                changed["shipment"]["promised_at"] = value.isoformat()

        yield Lever("the promise", moment(order["promised_at"]), promise, step=timedelta(days=1))

    def tier(changed: dict, value: object) -> None:
        changed["order"]["customer_tier"] = value

    others = tuple(one for one in TIERS if one != order["customer_tier"])
    yield Lever("the customer's tier", order["customer_tier"], tier, values=others)

    def regulated(changed: dict, value: object) -> None:
        changed["order"]["is_regulated"] = value

    yield Lever("regulated goods", order["is_regulated"], regulated, values=(not order["is_regulated"],))


def _missing(facts: dict) -> Iterator[Lever]:
    at = facts.get("shipment_line")
    if at:

        def picked(changed: dict, value: Decimal) -> None:
            changed["shipment_line"]["picked_qty"] = plain(value)

        most = number(at["delivery_qty"])
        yield Lever("what was picked", number(at["picked_qty"]), picked, step=Decimal(1), most=most)


def _rates(facts: dict) -> Iterator[Lever]:
    quotes = facts.get("quotes")
    for place, rate in enumerate(quotes if isinstance(quotes, list) else []):
        name = f"{rate['carrier']} {rate['service']}"

        def cost(changed: dict, value: Decimal, place: int = place) -> None:
            changed["quotes"][place]["cost"] = f"{value:.2f}"

        yield Lever(f"the price of {name}", number(rate["cost"]), cost, step=Decimal("0.01"))
        if rate["days"] is not None:

            def days(changed: dict, value: Decimal, place: int = place) -> None:
                changed["quotes"][place]["days"] = int(value)

            yield Lever(f"the days of {name}", Decimal(rate["days"]), days, step=Decimal(1))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
