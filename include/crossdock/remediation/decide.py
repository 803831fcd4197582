"""The decision: a policy, the facts and the playbooks make an outcome, a choice and a plan. Pure and deterministic.

The same inputs give the same decision: `crossdock why` and `crossdock policy backtest` rest on that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from crossdock.core.errors import Refused
from crossdock.remediation.candidates import GENERATORS, Candidate
from crossdock.remediation.facts.values import number
from crossdock.remediation.plan import Planned
from crossdock.remediation.playbooks import planning
from crossdock.remediation.playbooks.model import Playbook
from crossdock.remediation.policies.model import UNKNOWN_TIER, Knobs, Policy

Outcome = Literal["automatic", "approval", "person", "wait"]
DESK = "service_desk"


@dataclass(frozen=True, slots=True)
class Considered:
    """A candidate with the playbook it belongs to, its score, and what would be done; no plan where it is ruled out."""

    playbook: str
    candidate: Candidate
    score: Decimal
    plan: tuple[Planned, ...] = ()

    def as_json(self) -> dict:
        """As it stands in ops.decisions.candidates."""
        one = self.candidate
        return {
            "name": one.name,
            "kind": one.kind,
            "playbook": self.playbook,
            "choice": one.choice,
            "plan": planning.as_json(list(self.plan)),
            "cost": str(one.cost),
            "days_late": one.days_late,
            "confidence": str(one.confidence),
            "score": str(self.score),
            "excluded_by": list(one.excluded_by),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, by whom, and why."""

    outcome: Outcome
    playbook: str
    reason: str
    chosen: Considered | None = None
    candidates: tuple[Considered, ...] = field(default=())
    question: str | None = None
    """What a person is asked, where the outcome is `approval`."""

    @property
    def plan(self) -> tuple[Planned, ...]:
        return self.chosen.plan if self.chosen else ()

    @property
    def name(self) -> str | None:
        """The chosen candidate's."""
        return self.chosen.candidate.name if self.chosen else None


def decide(facts: dict, policy: Policy, playbooks: Mapping[str, Playbook]) -> Decision:
    """Try the policy's playbooks in turn; where none can, or they were tried often enough, people get it."""
    if over := _over(facts, policy):
        return _to_people(facts, policy, playbooks, (over,), ())
    why_not: list[str] = []
    seen: list[Considered] = []
    for name in policy.playbooks:
        if name == DESK:
            return _to_people(facts, policy, playbooks, (*why_not, "only people can mend it"), tuple(seen))
        playbook = playbooks[name]
        if unmet := planning.unmet(playbook, facts):
            why_not += unmet
            continue
        if playbook.quotes and (failed := _failed_quotes(facts)):
            return Decision("wait", name, f"the carriers' rates cannot be read: {failed}")
        considered = consider(facts, policy.knobs, playbook)
        seen += considered
        if best := _best(considered):
            return _chosen(facts, policy, playbook, best, tuple(seen))
        why_not.append(f"{playbook.title.lower()}: {_none_left(considered)}")
    return _to_people(facts, policy, playbooks, tuple(why_not), tuple(seen))


def wants_quotes(facts: dict, policy: Policy, playbooks: Mapping[str, Playbook]) -> bool:
    """Whether a playbook that may be used needs the carriers' rates, and they were not asked yet."""
    if facts.get("quotes") is not None or _over(facts, policy):
        return False
    return any(playbooks[name].quotes and not planning.unmet(playbooks[name], facts) for name in policy.playbooks)


def consider(facts: dict, knobs: Knobs, playbook: Playbook) -> list[Considered]:
    """Every candidate of a playbook with score and plan, the best first; the ruled-out ones last."""
    made = [_consider(facts, knobs, playbook, candidate) for candidate in GENERATORS[playbook.candidates](facts, knobs)]
    return sorted(made, key=_order)


def _consider(facts: dict, knobs: Knobs, playbook: Playbook, candidate: Candidate) -> Considered:
    score = candidate.score(facts, knobs)
    if candidate.excluded_by:
        return Considered(playbook.playbook, candidate, score)
    try:
        plan = planning.plan(playbook, facts, candidate.choice)
    except Refused as error:
        return Considered(playbook.playbook, _excluded(candidate, str(error)), score)
    if not plan:
        return Considered(playbook.playbook, _excluded(candidate, "it changes nothing"), score)
    return Considered(playbook.playbook, candidate, score, tuple(plan))


def _excluded(candidate: Candidate, why: str) -> Candidate:
    return replace(candidate, excluded_by=(why,))


def _order(one: Considered) -> tuple:
    return bool(one.candidate.excluded_by), -one.score, one.candidate.cost, one.candidate.name


def _best(considered: list[Considered]) -> Considered | None:
    return next((one for one in considered if not one.candidate.excluded_by), None)


def _none_left(considered: list[Considered]) -> str:
    if not considered:
        return "there is no candidate"
    return "; ".join(dict.fromkeys(why for one in considered for why in one.candidate.excluded_by))


def _over(facts: dict, policy: Policy) -> str | None:
    """Why no attempt is made any more, if so."""
    case = facts["case"]
    if case["handed_back_by"] == "reject":
        return "somebody who may said no"
    if case["handed_back_by"] == "expire" and not (policy.approval and policy.approval.on_timeout == "ask_again"):
        return "nobody answered in time"
    if case["attempt"] >= policy.attempts:
        return f"{case['attempt']} of {policy.attempts} attempts did not do it"
    return None


def _failed_quotes(facts: dict) -> str | None:
    quotes = facts.get("quotes")
    return quotes["error"] if isinstance(quotes, dict) else None


def _chosen(
    facts: dict, policy: Policy, playbook: Playbook, best: Considered, seen: tuple[Considered, ...]
) -> Decision:
    reason = f"{best.candidate.name}: {_praise(best, seen)}"
    if (facts.get("order") or {}).get("customer_tier") == UNKNOWN_TIER:
        reason += "; nobody knows the customer's tier, it was priced like none"
    wanted = list(_wants_approval(facts, policy, best.candidate))
    if not wanted:
        return Decision("automatic", playbook.playbook, reason, best, seen)
    scope = {"facts": facts, "choice": best.candidate.choice}
    question = planning.question(playbook, scope) or f"May {best.candidate.name} be done?"
    return Decision(
        "approval", playbook.playbook, f"{reason}; asked because {', and '.join(wanted)}", best, seen, question
    )


def _praise(best: Considered, seen: tuple[Considered, ...]) -> str:
    rivals = [one for one in seen if not one.candidate.excluded_by and one is not best]
    if not rivals:
        return "nothing else can be done" if len(seen) > 1 else "it is the one thing to do"
    return f"the best score, {best.score} against {max(one.score for one in rivals)} of the next"


def _wants_approval(facts: dict, policy: Policy, candidate: Candidate) -> Iterator[str]:
    """Each reason why a person must agree."""
    rule, order = policy.approval, facts.get("order") or {}
    if rule is None:
        return
    if rule.always:
        yield "the policy always asks"
    if rule.value_from is not None and number(order.get("value")) >= rule.value_from:
        yield f"the order is worth {rule.value_from} or more"
    if rule.cost_from is not None and candidate.cost >= rule.cost_from:
        yield f"it is about {rule.cost_from} or more"
    if order.get("customer_tier") in rule.tiers:
        yield f"the customer is of tier {order['customer_tier']}"
    if candidate.kind in rule.kinds:
        yield f"it is a {candidate.kind.replace('_', ' ')}"
    if rule.regulated and order.get("is_regulated"):
        yield "the goods are regulated"
    if rule.confidence_below is not None and candidate.confidence < rule.confidence_below:
        yield f"the confidence is {candidate.confidence}, below {rule.confidence_below}"


def _to_people(
    facts: dict, policy: Policy, playbooks: Mapping[str, Playbook], why: tuple[str, ...], seen: tuple[Considered, ...]
) -> Decision:
    """Give it to people, with a ticket unless they have had one for this case."""
    desk, reason = playbooks[DESK], "; ".join(why) or "no playbook fits"
    if facts["case"]["has_ticket"] or planning.unmet(desk, facts):
        return Decision("person", DESK, reason, None, seen)
    considered = consider(facts | {"why_person": reason}, policy.knobs, desk)
    return Decision("person", DESK, reason, _best(considered), (*seen, *considered))
