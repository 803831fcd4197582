"""The policy files: the company's own folder where one is set, else those that come with the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.remediation.policies.model import UNKNOWN_TIER, Policy
from crossdock.remediation.source import MEND, read


def folder() -> Path:
    """Where the policies are."""
    return settings().policies_dir


def read_policy(path: Path) -> Policy:
    """One policy. Raises Misconfigured, naming file, line and field."""
    return read(path, Policy)


def read_all(where: Path | None = None) -> list[Policy]:
    """Every policy of the folder, by name. Raises Misconfigured where one is wrong or two are at odds."""
    where = where or folder()
    policies = [read_policy(path) for path in sorted(where.glob("*.yaml"))]
    if not policies:
        raise Misconfigured(f"there is no policy in {where}", hint="set CROSSDOCK_POLICIES to a folder that has some")
    _once("is written twice", (policy.policy for policy in policies))
    active = (code for policy in policies if policy.mode == "active" for code in policy.exceptions)
    _once("is decided by two active policies", active)
    return policies


def _once(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise Misconfigured(f"{name} {what}", hint=MEND)


def check(
    policies: Iterable[Policy],
    playbooks: Iterable[str],
    codes: Iterable[str],
    queues: Iterable[str],
    tiers: Iterable[str],
) -> None:
    """All that the policies name is there, and every exception has an active policy. Raises Misconfigured."""
    known_playbooks, known_codes, known_queues = set(playbooks), set(codes), set(queues)
    known_tiers = {*tiers, UNKNOWN_TIER}
    policies = list(policies)
    for policy in policies:
        check_playbooks(policy, known_playbooks)
        _known(policy, "exceptions", policy.exceptions, known_codes)
        if policy.approval:
            _known(policy, "approval.may_answer", policy.approval.may_answer, known_queues)
            _known(policy, "approval.tiers", policy.approval.tiers, known_tiers)
        _known(policy, "knobs.late_day_cost_by_tier", policy.knobs.late_day_cost_by_tier, known_tiers)
    decided = {code for policy in policies if policy.mode == "active" for code in policy.exceptions}
    if missing := sorted(known_codes - decided):
        raise Misconfigured(f"no active policy decides {', '.join(missing)}", hint="name them in a policy's exceptions")


def check_playbooks(policy: Policy, playbooks: Iterable[str]) -> None:
    """The playbooks that the policy names are there. Raises Misconfigured."""
    _known(policy, "playbooks", policy.playbooks, set(playbooks))


def _known(policy: Policy, field: str, given: Iterable[str], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise Misconfigured(f"policy {policy.policy}, {field}: there is no {name!r}", hint=MEND)
