"""A playbook, the facts and a choice make a plan: the commands of one attempt in order. Pure."""

from __future__ import annotations

from dataclasses import asdict

from crossdock.core.errors import Refused
from crossdock.remediation.plan import Planned
from crossdock.remediation.playbooks.files import undo_of
from crossdock.remediation.playbooks.model import Playbook, Step, Target
from crossdock.remediation.playbooks.template import filled, look_up, text


def unmet(playbook: Playbook, facts: dict) -> list[str]:
    """What does not hold of what the playbook needs; empty: it may be used."""
    return [
        text(need.otherwise, {"facts": facts}) for need in playbook.needs if not look_up(need.must, {"facts": facts})
    ]


def plan(playbook: Playbook, facts: dict, choice: dict) -> list[Planned]:
    """The commands for this choice. Raises Refused where a partner's system does not speak a command."""
    scope = {"facts": facts, "choice": choice}
    scope["message"] = message(playbook, scope)
    steps: list[Planned] = []
    names: dict[str, int] = {}
    for part in playbook.steps:
        if isinstance(part, Step):
            _add(steps, names, part, scope)
            continue
        for item in look_up(part.each, scope) or []:
            own = dict(names)
            for step in part.steps:
                _add(steps, own, step, scope | {"each": item})
    return steps


def message(playbook: Playbook, scope: dict) -> dict | None:
    """Subject and body for people, filled in."""
    given = playbook.message
    return {"subject": text(given.subject, scope), "body": text(given.body, scope)} if given else None


def question(playbook: Playbook, scope: dict) -> str | None:
    """What a person is asked, filled in."""
    return text(playbook.question, scope) if playbook.question else None


def as_json(steps: list[Planned]) -> list[dict]:
    """The plan as it stands among a decision's candidates."""
    return [asdict(step) for step in steps]


def _add(steps: list[Planned], names: dict[str, int], step: Step, scope: dict) -> None:
    if step.when and not look_up(step.when, scope):
        return
    number = len(steps) + 1
    names[step.name] = number
    numbers = names | {"self": number}
    partners = scope["facts"]["partners"]
    target = [_target(one, partners, scope, numbers) for one in step.target if not one.when or look_up(one.when, scope)]
    undo = step.undo and {
        "command": step.undo.command or undo_of(step.command),
        "payload": filled(step.undo.payload, scope, numbers),
    }
    partner_id = _speaking(partners, step)
    steps.append(Planned(step.command, partner_id, filled(step.payload, scope, numbers), target, undo))


def _target(one: Target, partners: dict, scope: dict, numbers: dict[str, int]) -> dict:
    expected = {
        "partner_id": _partner(partners, one.partner),
        "kind": one.kind,
        "id": filled(one.id, scope, numbers),
        "expect": filled(one.expect, scope, numbers),
    }
    within = {"within": filled(one.within, scope, numbers)} if one.within else {}
    return expected | within | ({"while_found": True} if one.while_found else {})


def _partner(partners: dict, role: str) -> str:
    if role not in partners:
        raise Refused(f"no partner is the order's {role}", hint="add one, or give the case to a person")
    return partners[role]["partner_id"]


def _speaking(partners: dict, step: Step) -> str:
    partner_id, spoken = _partner(partners, step.partner), step.command.partition(".")[0]
    if partners[step.partner]["system_type"] != spoken:
        raise Refused(
            f"{partner_id} is a system of type {partners[step.partner]['system_type']}: it is not told {step.command}",
            hint="give the case to a person, or write a playbook for that type",
        )
    return partner_id
