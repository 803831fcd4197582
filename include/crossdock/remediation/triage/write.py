"""A decision into the database: its row first, then what follows from it. Everything in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from crossdock.remediation import actions, approvals
from crossdock.remediation.decide import Decision
from crossdock.remediation.playbooks.files import playbooks, version
from crossdock.remediation.policies.model import span
from crossdock.remediation.policies.store import Loaded

ACTOR = "crossdock"
RECORD = (Path(__file__).parent / "record.sql").read_text()
WAIT = "15 minutes"


def record(
    connection: psycopg.Connection, facts: dict, by: Loaded, mode: str, decision: Decision, beside: dict | None = None
) -> int:
    """Write ops.decisions; return the decision's id. `beside`: how it differs from the decision that counts."""
    known = playbooks()
    inputs = {"facts": facts, "playbooks": {name: version(known[name]) for name in by.policy.playbooks}}
    if beside is not None:
        inputs["difference"] = beside
    return connection.execute(
        RECORD,
        {
            "case_id": facts["case"]["case_id"],
            "attempt": facts["case"]["next_attempt"],
            "policy_id": by.policy.policy,
            "policy_version": by.version,
            "mode": mode,
            "playbook": decision.playbook,
            "outcome": decision.outcome,
            "chosen": decision.name,
            "candidates": Jsonb([one.as_json() for one in decision.candidates]),
            "inputs": Jsonb(inputs),
            "reason": decision.reason,
            "decided_as_of": datetime.fromisoformat(facts["now"]),
        },
    ).fetchone()[0]


def difference(counts: Decision, other: Decision) -> dict:
    """What another policy would have done otherwise: of outcome, playbook, chosen and cost those that differ.

    Each is [here, there]; {}: it would have done the same.
    """

    def shown(decision: Decision) -> dict:
        cost = str(decision.chosen.candidate.cost) if decision.chosen else None
        return {"outcome": decision.outcome, "playbook": decision.playbook, "chosen": decision.name, "cost": cost}

    here, there = shown(counts), shown(other)
    return {name: [here[name], there[name]] for name in here if here[name] != there[name]}


def follow(connection: psycopg.Connection, facts: dict, by: Loaded, decision: Decision, decision_id: int) -> None:
    """Do what the decision says: act, ask, or give the case to its queue."""
    case = facts["case"]
    if case["state"] != "triaged":
        named = {"policy": by.policy.policy, "version": by.version, "outcome": decision.outcome}
        _move(connection, case, "triage", decision.reason, {"decision_id": decision_id} | named)
    if decision.plan:
        _propose(connection, case, decision, decision_id)
    if decision.outcome == "approval":
        _ask(connection, case, by, decision, decision_id)
    elif decision.plan:
        _act(connection, case, decision, decision_id)
    else:
        _say(connection, case, decision.playbook, f"Repair it by hand: {decision.reason}", case["owner_queue"])


def _propose(connection: psycopg.Connection, case: dict, decision: Decision, decision_id: int) -> None:
    """Write the steps down; those of an earlier question of the same attempt keep their numbers."""
    key = [case["case_id"], case["next_attempt"]]
    before = connection.execute(
        "select coalesce(max(step), 0) from ops.actions where case_id = %s and attempt = %s", key
    ).fetchone()[0]
    actions.propose(connection, key[0], decision_id, key[1], case["order_id"], decision.plan, after_step=before)


def _act(connection: psycopg.Connection, case: dict, decision: Decision, decision_id: int) -> None:
    actions.approve(connection, case["case_id"], case["next_attempt"])
    _move(connection, case, "act", decision.name, {"decision_id": decision_id})
    if decision.outcome == "person":
        _say(connection, case, decision.playbook, f"Work on the ticket: {decision.reason}", case["owner_queue"])
    else:
        _say(connection, case, decision.playbook, f"Carry out: {decision.name}", ACTOR)


def _ask(connection: psycopg.Connection, case: dict, by: Loaded, decision: Decision, decision_id: int) -> None:
    rule = by.policy.approval
    approvals.ask(
        connection, case["case_id"], decision_id, case["next_attempt"], decision.question, ACTOR,
        list(rule.may_answer), span(rule.within),
    )  # fmt: skip
    _move(connection, case, "ask", decision.question, {"decision_id": decision_id, "may_answer": list(rule.may_answer)})
    _say(connection, case, decision.playbook, decision.question, rule.may_answer[0], rule.within)


def postpone(connection: psycopg.Connection, case: dict, doing: str) -> None:
    """Leave the case as it is and look at it again later."""
    _say(connection, case, None, doing, ACTOR, WAIT)


def _move(connection: psycopg.Connection, case: dict, event: str, reason: str | None, data: dict) -> None:
    connection.execute(
        "select ops.move_case(%s, %s, %s, 'system', %s, %s)", [case["case_id"], event, ACTOR, reason, Jsonb(data)]
    )


def _say(
    connection: psycopg.Connection, case: dict, playbook: str | None, doing: str, actor: str, after: str | None = None
) -> None:
    connection.execute(
        """
        update ops.cases set
            playbook = coalesce(%s, playbook), next_action = %s, next_actor = %s, next_at = ref.as_of() + %s::interval,
            updated_at = clock_timestamp()
        where case_id = %s
        """,
        [playbook, doing, actor, after, case["case_id"]],
    )
