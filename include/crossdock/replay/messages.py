"""What would go out: the EDI documents that we owe for what is judged again, and the commands of cases to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core.errors import CrossdockError
from crossdock.remediation.decide import Decision, decide, wants_quotes
from crossdock.remediation.facts import gather
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies import store
from crossdock.remediation.policies.store import Loaded
from crossdock.remediation.triage import modes

SENT_BEFORE = (Path(__file__).parent / "sql" / "sent_before.sql").read_text()
UNASKED = {"error": "the carriers are asked when it comes to it, and not for a preview"}


def documents(connection: psycopg.Connection, records: Sequence[int], after: int) -> Iterator[dict]:
    """Every document that these records want, once they are judged; those up to `after` had been written before."""
    from crossdock.edi.owed import owed, received  # most replays are not of EDI

    for given in received(connection, records):
        for answer in owed(connection, given):
            row = connection.execute(
                "select outbound_document_id, state from ops.outbound_documents where idempotency_key = %s",
                [answer.key],
            ).fetchone()
            if row is not None:
                yield {
                    "document_type": answer.document_type,
                    "partner": given.partner_id,
                    "order": answer.order_ref,
                    "key": answer.key,
                    "already_sent": row[0] <= after,
                    "state": row[1],
                }


def actions(connection: psycopg.Connection, cases: Collection[int]) -> Iterator[dict]:
    """What the policies that are loaded would have done about these cases, as triage would decide now."""
    for _, facts in sorted(gather(connection, cases).items()):
        try:
            decision = _decision(facts, store.current(connection))
        except CrossdockError as error:
            decision = Decision("wait", "", str(error))
        yield from _commands(connection, facts, decision)


def _decision(facts: dict, policies: Sequence[Loaded]) -> Decision:
    case = facts["case"]
    chosen = modes.choose(policies, case["lead_code"], case["case_id"])
    if wants_quotes(facts, chosen.deciding.policy, playbooks()):
        facts = facts | {"quotes": UNASKED}
    return decide(facts, chosen.deciding.policy, playbooks())


def _commands(connection: psycopg.Connection, facts: dict, decision: Decision) -> Iterator[dict]:
    case = facts["case"]
    about = {
        "order": case["order_id"],
        "code": case["lead_code"],
        "subject": case["subject_id"],
        "case_id": case["case_id"],
        "outcome": decision.outcome,
        "reason": decision.reason,
    }
    for step, planned in enumerate(decision.plan, start=1):
        values = {"command": planned.command, "partner": planned.partner_id, "order": case["order_id"]}
        sent = connection.execute(SENT_BEFORE, values | {"payload": Jsonb(planned.payload)}).fetchone()[0]
        yield about | {"command": planned.command, "partner": planned.partner_id, "step": step, "already_sent": sent}
    if not decision.plan:
        yield about | {"command": None, "partner": None, "step": 0, "already_sent": None}
