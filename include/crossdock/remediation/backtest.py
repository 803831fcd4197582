"""What a changed policy would have done: stored inputs decided anew, compared with what was decided. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import psycopg

from crossdock.remediation.decide import Decision, decide
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies.model import Policy

DECISIONS = """
    select d.decision_id, d.case_id, d.policy_id, d.policy_version, d.outcome, d.playbook, d.chosen,
        (
            select c ->> 'cost' from jsonb_array_elements(d.candidates) as c
            where c ->> 'name' = d.chosen order by (c ->> 'playbook' = d.playbook) desc limit 1
        ) as cost,
        d.inputs -> 'facts' as facts
    from ops.decisions as d
    where d.mode in ('active', 'canary')
        and d.decided_as_of > ref.as_of() - make_interval(days => %(days)s)
        and d.inputs #>> '{facts,case,lead_code}' = any(%(codes)s)
    order by d.decision_id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that would have been another. Each pair: what was decided, what would be."""

    decision_id: int
    case_id: int
    policy: str
    outcome: tuple[str, str]
    playbook: tuple[str, str]
    chosen: tuple[str | None, str | None]
    cost: tuple[Decimal | None, Decimal | None]
    reason: str
    """Why it would be decided so."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """All decisions that were looked at, and those that would differ. `outcomes`: how many of each, then and now."""

    decisions: int
    outcomes: dict[str, tuple[int, int]]
    cost: tuple[Decimal, Decimal]
    """Of what was chosen, all currencies as they are."""
    differences: tuple[Difference, ...]


def backtest(connection: psycopg.Connection, policy: Policy, days: int) -> Backtest:
    """Decide the inputs of the last `days` days of business time anew by `policy`."""
    then, now, differences, costs = Counter(), Counter(), [], [Decimal(0), Decimal(0)]
    for row in _rows(connection, policy, days):
        decision = decide(row["facts"], policy, playbooks())
        then[row["outcome"]] += 1
        now[decision.outcome] += 1
        cost = _cost(decision)
        costs = [costs[0] + (row["cost"] or 0), costs[1] + (cost or 0)]
        if (row["outcome"], row["playbook"], row["chosen"]) != (decision.outcome, decision.playbook, decision.name):
            differences.append(_difference(row, decision, cost))
    outcomes = {name: (then[name], now[name]) for name in sorted({*then, *now})}
    return Backtest(then.total(), outcomes, (costs[0], costs[1]), tuple(differences))


def _rows(connection: psycopg.Connection, policy: Policy, days: int) -> Iterator[dict]:
    found = connection.execute(DECISIONS, {"days": days, "codes": list(policy.exceptions)})
    names = [column.name for column in found.description]
    for row in found:
        given = dict(zip(names, row, strict=True))
        yield given | {"cost": Decimal(given["cost"]) if given["cost"] is not None else None}


def _cost(decision: Decision) -> Decimal | None:
    return decision.chosen.candidate.cost if decision.chosen else None


def _difference(row: dict, decision: Decision, cost: Decimal | None) -> Difference:
    return Difference(
        row["decision_id"],
        row["case_id"],
        f"{row['policy_id']} v{row['policy_version']}",
        (row["outcome"], decision.outcome),
        (row["playbook"], decision.playbook),
        (row["chosen"], decision.name),
        (row["cost"], cost),
        decision.reason,
    )
