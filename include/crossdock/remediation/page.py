"""The reference page of the policies and playbooks that come with the package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from crossdock.remediation.playbooks.model import Each, Playbook, Step
from crossdock.remediation.policies import files
from crossdock.remediation.policies.model import Approval, Policy

PACKAGED = Path(files.__file__).parent
TAKEN_BACK = " ↶"
HEAD = """\
# Policies and playbooks

What comes with the product. What is in force here: `crossdock policy list`, and `crossdock policy show <policy>` with
every figure. How to change it: [write a policy](../how-to/write-a-policy.md),
[write a playbook](../how-to/write-a-playbook.md).

## Policies

| policy | exceptions | playbooks, in turn | a person is asked | attempts | patience | must hold |
|---|---|---|---|---|---|---|"""
AFTER_POLICIES = """\

Times are business time, amounts in the order's currency. After the last attempt, a no, or no answer in time, people get
the case with a ticket. What patience and holding are:
[write a policy](../how-to/write-a-policy.md#when-a-repair-counts).

| policy | why | figures of its own |
|---|---|---|"""
PLAYBOOKS = """\

## Playbooks

In brackets: only where the case wants it. ↶ marks what is taken back when a later step fails.

| playbook | what it does | steps | not used where |
|---|---|---|---|"""


def page(policies: Iterable[Policy], playbooks: Mapping[str, Playbook]) -> str:
    """Markdown: a row a policy, what each is for, a row a playbook."""
    policies = sorted(policies, key=lambda one: one.policy)
    lines = [
        HEAD,
        *map(_policy, policies),
        AFTER_POLICIES,
        *map(_why, policies),
        PLAYBOOKS,
        *(_playbook(playbooks[name]) for name in sorted(playbooks)),
    ]
    return "\n".join(lines) + "\n"


def _policy(one: Policy) -> str:
    codes = ", ".join(f"[`{code}`](../runbooks/{code}.md)" for code in one.exceptions)
    tried = ", ".join(f"`{name}`" for name in one.playbooks)
    asked = _asked(one.approval) if one.approval else "never"
    return _row(f"`{one.policy}`", codes, tried, asked, one.attempts, one.patience, one.holds_for)


def _asked(rule: Approval) -> str:
    """Who is asked, within what time, when."""
    return f"{', '.join(rule.may_answer)} within {rule.within}: {'; '.join(_conditions(rule))}"


def _conditions(rule: Approval) -> Iterator[str]:
    if rule.always:
        yield "always"
    if rule.value_from is not None:
        yield f"order worth {rule.value_from} or more"
    if rule.cost_from is not None:
        yield f"repair about {rule.cost_from} or more"
    if rule.tiers:
        yield f"customer of tier {', '.join(rule.tiers)}"
    if rule.kinds:
        yield f"proposal of kind {', '.join(rule.kinds)}"
    if rule.regulated:
        yield "regulated goods"
    if rule.confidence_below is not None:
        yield f"confidence below {rule.confidence_below}"


def _why(one: Policy) -> str:
    figures = one.knobs.model_dump(mode="json", exclude_unset=True)
    return _row(f"`{one.policy}`", one.doc, ", ".join(f"{name}: {_figure(value)}" for name, value in figures.items()))


def _figure(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _playbook(one: Playbook) -> str:
    steps = ", ".join(
        f"for each of `{part.each}`: {', '.join(map(_step, part.steps))}" if isinstance(part, Each) else _step(part)
        for part in one.steps
    )
    return _row(f"`{one.playbook}`", one.title, steps, "; ".join(need.otherwise for need in one.needs))


def _step(step: Step) -> str:
    told = f"`{step.command}`{TAKEN_BACK if step.undo else ''}"
    return f"({told})" if step.when else told


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
