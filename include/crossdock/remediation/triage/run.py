"""The run over all cases that wait for a decision. Each case is decided in a transaction of its own, under its lock.

Facts are read for all of them at once and carriers are asked before anything is locked; a case that changed meanwhile
is left to the next run. Whoever decides about stock locks its items first: two decisions never promise the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from crossdock.core import log
from crossdock.core.errors import CrossdockError
from crossdock.remediation.decide import Decision, decide, wants_quotes
from crossdock.remediation.facts import gather, promised, with_promised
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies import store
from crossdock.remediation.policies.store import Loaded
from crossdock.remediation.systems import Systems
from crossdock.remediation.triage import modes, rates, write

logger = log.get("triage")
CLAIM = (Path(__file__).parent / "claim.sql").read_text()
LOCK = "select updated_at from ops.cases where case_id = %s for update skip locked"
LOCK_STOCK = """
    select pg_advisory_xact_lock(hashtextextended('stock/' || sku, 0))
    from (select sku from unnest(%s::text[]) as wanted (sku) order by sku) as wanted
"""


@dataclass
class Triaged:
    """How many cases got which outcome; `passed_over` changed meanwhile or are held by another run, `failed` could not
    be decided: the log says why, and they are looked at again later.
    """

    automatic: int = 0
    approval: int = 0
    person: int = 0
    wait: int = 0
    passed_over: int = 0
    failed: int = 0

    def count(self, what: str) -> None:
        setattr(self, what, getattr(self, what) + 1)


def triage(connection: psycopg.Connection, limit: int = 200, open_commands: rates.Open | None = None) -> Triaged:
    """Decide about up to `limit` cases, the most urgent first. `open_commands`: partner id → its commands.

    The connection must be between transactions. Raises Misconfigured where no policy is loaded.
    """
    done = Triaged()
    with connection.transaction():
        policies = store.current(connection)
        claimed = dict(connection.execute(CLAIM, {"limit": limit}).fetchall())
        facts = gather(connection, claimed) if claimed else {}
    _ask_carriers(facts, policies, open_commands)
    for case_id, changed_at in claimed.items():
        with log.bound(case_id=case_id):
            done.count(_decided(connection, facts[case_id], policies, changed_at))
    return done


def _decided(connection: psycopg.Connection, facts: dict, policies: Sequence[Loaded], changed_at: datetime) -> str:
    """The outcome of one case, or why it has none."""
    try:
        with connection.transaction():
            return _decide_one(connection, facts, policies, changed_at) or "passed_over"
    except CrossdockError as error:
        logger.error("case not decided", error=str(error), hint=error.hint)
        with connection.transaction():
            write.postpone(connection, facts["case"], f"Mend the set-up: {error}")
        return "failed"


def _ask_carriers(facts: dict[int, dict], policies: Sequence[Loaded], open_commands: rates.Open | None) -> None:
    wanting = {
        case_id
        for case_id, one in facts.items()
        if any(
            wants_quotes(one, by.policy, playbooks())
            for by in policies
            if one["case"]["lead_code"] in by.policy.exceptions
        )
    }
    if not wanting:
        return
    if open_commands is not None:
        rates.ask(facts, wanting, open_commands)
        return
    with Systems() as systems:
        rates.ask(facts, wanting, systems.commands)


def _decide_one(
    connection: psycopg.Connection, facts: dict, policies: Sequence[Loaded], changed_at: datetime
) -> str | None:
    """The outcome; None where the case changed since its facts were read, or another run has it."""
    case = facts["case"]
    locked = connection.execute(LOCK, [case["case_id"]]).fetchone()
    if locked is None or locked[0] != changed_at:
        return None
    chosen = modes.choose(policies, case["lead_code"], case["case_id"])
    if _takes_stock(chosen):
        skus = sorted({position["sku"] for position in facts["stock"]})
        connection.execute(LOCK_STOCK, [skus])
        facts = with_promised(facts, promised(connection, skus))
    decision = decide(facts, chosen.deciding.policy, playbooks())
    if decision.outcome == "wait":
        write.record(connection, facts, chosen.deciding, chosen.mode, decision)
        write.postpone(connection, case, f"Try again: {decision.reason}")
        return decision.outcome
    decision_id = write.record(connection, facts, chosen.deciding, chosen.mode, decision)
    _record_beside(connection, facts, chosen, decision)
    write.follow(connection, facts, chosen.deciding, decision, decision_id)
    return decision.outcome


def _takes_stock(chosen: modes.Chosen) -> bool:
    deciders = (chosen.deciding, *chosen.beside)
    return any(playbooks()[name].shares_stock for by in deciders for name in by.policy.playbooks)


def _record_beside(connection: psycopg.Connection, facts: dict, chosen: modes.Chosen, counts: Decision) -> None:
    """What the other policies would have done: written down, and nothing more."""
    for other in chosen.beside:
        decision = decide(facts, other.policy, playbooks())
        write.record(connection, facts, other, "shadow", decision, write.difference(counts, decision))
