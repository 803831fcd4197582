"""Why a case was decided as it was, and what would have had to be different for the runner-up to win.

The second is computed: one named figure or word of the stored inputs is changed and the decision made anew, until the
runner-up is chosen; where no single change is enough, as for one that two things rule out, several at once. What is
reported has been decided so; nothing is guessed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import Refused
from crossdock.remediation.decide import decide
from crossdock.remediation.levers import Lever, levers
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies.model import Policy

DECISIONS = """
    select d.*, p.content as policy, p.loaded_at, p.loaded_by
    from ops.decisions as d
    join ops.policies as p on p.policy_id = d.policy_id and p.version = d.policy_version
    where d.case_id = %s
    order by d.decision_id
"""
MOST_AT_ONCE = 3
"""So many changes together are looked for."""
RIVALS = 3
"""So many of the next best are tried, until something is found that would have made one of them the choice."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """With this one value instead, and all else as it was, `wins` is chosen."""

    name: str
    was: str
    would_be: str
    wins: str


@dataclass(frozen=True, slots=True)
class Turning:
    """What makes `rival` win: any one of `alone`, or, where there is none, all of `together` at once."""

    rival: str | None
    alone: list[Counterfactual] = field(default_factory=list)
    together: list[Counterfactual] = field(default_factory=list)


def explained(connection: psycopg.Connection, case_id: int) -> list[dict]:
    """Every decision of a case, oldest first, each with its policy's version and what would have turned it.

    `runner_up`: who would have won, None where there was no other candidate. `counterfactuals`: the changes that make
    it win, each alone. `together`: where none does alone, those that do all at once. Both empty: nothing that was
    looked at does. Raises Refused where there is no decision.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(DECISIONS, [case_id]).fetchall()
    if not rows:
        raise Refused(f"case {case_id} has no decision", hint="see `crossdock cases show`: it may wait for one")
    return [_explained(row) for row in rows]


def _explained(row: dict) -> dict:
    facts, policy = row["inputs"]["facts"], Policy.model_validate(row.pop("policy"))
    others = rivals(row["candidates"], row["chosen"])
    turned = [] if row["outcome"] == "wait" else (turning(facts, policy, one) for one in others[:RIVALS])
    found = next((one for one in turned if one.alone or one.together), Turning(others[0] if others else None))
    return row | {"runner_up": found.rival, "counterfactuals": found.alone, "together": found.together}


def rivals(candidates: list[dict], chosen: str | None) -> list[str]:
    """The names of what else was considered, the next best first: those not ruled out, then by how much rules out."""
    others = [one for one in candidates if one["name"] != chosen and one["playbook"] != "service_desk"]
    others.sort(key=lambda one: (len(one["excluded_by"]), -Decimal(one["score"]), one["name"]))
    return [one["name"] for one in others]


def turning(facts: dict, policy: Policy, rival: str) -> Turning:
    """What makes `rival` the choice: every single change that does, else changes that do together."""
    alone = counterfactuals(facts, policy, rival)
    return Turning(rival, alone, [] if alone else together(facts, policy, rival))


def counterfactuals(facts: dict, policy: Policy, rival: str) -> list[Counterfactual]:
    """Each single change that makes `rival` the choice, the least change of each lever, one lever at a time."""

    def wins(changed: dict) -> bool:
        return decide(changed, policy, playbooks()).name == rival

    found = (_turned(facts, lever, wins) for lever in levers(facts))
    return [_told(lever, value, rival) for lever, value in found if value is not None]


def together(facts: dict, policy: Policy, rival: str) -> list[Counterfactual]:
    """Changes that make `rival` the choice all at once: one after the other takes away something that rules it out.

    Empty where so many as are looked for do not; none of those returned can be left out.
    """
    steps: list[tuple[Lever, object]] = []
    for _ in range(MOST_AT_ONCE):
        now = _with(facts, steps)
        against = _against(now, policy, rival)
        last = _first_turned(now, lambda one: not _against(one, policy, rival))
        step = last or _first_turned(now, lambda one, least=against: _against(one, policy, rival) < least)
        if step is None:
            return []
        steps = [*steps, step]
        if last:
            return [_told(lever, value, rival) for lever, value in _needed(facts, policy, rival, steps)]
    return []


def _against(facts: dict, policy: Policy, rival: str) -> int:
    """What stands against `rival`: 0 where it is the choice, else 1 and what rules it out."""
    decision = decide(facts, policy, playbooks())
    if decision.name == rival:
        return 0
    ruled_out = (one.candidate.excluded_by for one in decision.candidates if one.candidate.name == rival)
    return 1 + len(next(ruled_out, range(99)))


def _first_turned(facts: dict, turns: Callable[[dict], bool]) -> tuple[Lever, object] | None:
    found = (_turned(facts, lever, turns) for lever in levers(facts))
    return next(((lever, value) for lever, value in found if value is not None), None)


def _needed(facts: dict, policy: Policy, rival: str, steps: list[tuple[Lever, object]]) -> list[tuple[Lever, object]]:
    """Of changes that turn the choice together, those that it does not turn without."""
    for step in steps:
        fewer = [one for one in steps if one is not step]
        if not _against(_with(facts, fewer), policy, rival):
            return _needed(facts, policy, rival, fewer)
    return steps


def _with(facts: dict, steps: list[tuple[Lever, object]]) -> dict:
    changed = copy.deepcopy(facts)
    for lever, value in steps:
        lever.put(changed, value)
    return changed


def _told(lever: Lever, value: object, rival: str) -> Counterfactual:
    return Counterfactual(lever.name, _text(lever.now), _text(value), rival)


def _turned(facts: dict, lever: Lever, wins: Callable[[dict], bool]) -> tuple[Lever, object]:
    """The lever with the value that is nearest to what it is and turns the choice; None where none does."""

    def turns(value: object) -> bool:
        return wins(_with(facts, [(lever, value)]))

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


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
