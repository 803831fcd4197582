"""A case with a repair, put into the database by hand, and what a test asks of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core import clock
from crossdock.db.connect import connect
from crossdock.remediation import actions, approvals
from crossdock.remediation.outbox import Effort, Sent, send_ready
from crossdock.remediation.plan import Planned, reply_of
from crossdock.remediation.policies.model import Policy
from crossdock.remediation.verify import Verified, verify_ready
from ledger import Ledger

PARTNER = "books"
POLICY = "acting_tests"
PLAYBOOK = "reallocate_stock"
AT_ONCE = Effort(first_wait=0, longest_wait=0, lease=0)
NUMBERS = count(1)


def setting(object_id: str, value: object, *, step: int = 1, undo: bool = True, **target: object) -> Planned:
    """The step that gives an object a value, and takes it back by its reply."""
    return Planned(
        "ledger.set",
        PARTNER,
        {"id": object_id, "value": value},
        [{"partner_id": PARTNER, "kind": "object", "id": object_id, "expect": {"value": value}} | target],
        {"command": "ledger.set", "payload": {"id": object_id, "value": reply_of(step, "previous")}} if undo else None,
    )


def making(reference: str, *, step: int = 1) -> Planned:
    """The step that makes an object whose id only the reply says."""
    made = reply_of(step, "made")
    return Planned(
        "ledger.make",
        PARTNER,
        {"reference": reference},
        [{"partner_id": PARTNER, "kind": "object", "id": made, "expect": {"value": "made"}}],
        {"command": "ledger.drop", "payload": {"id": made}},
    )


@dataclass
class Acting:
    """The product's database and one ledger."""

    dsn: dict[str, str]
    path: Path
    ledger: Ledger = field(init=False)
    _asking: psycopg.Connection | None = None

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.path)
        with self.connect() as connection:
            connection.execute(
                "insert into ref.partners (partner_id, name, system_type, role_code, owner) "
                "values (%s, 'Books', 'ledger', 'erp', 'test')",
                [PARTNER],
            )
            self.policy(connection)

    def policy(self, connection: psycopg.Connection, **content: object) -> int:
        """A policy (a new version each time); returns its version."""
        named = {"policy": POLICY, "doc": "A test.", "exceptions": ["inventory_short_pick"], "playbooks": [PLAYBOOK]}
        times = {"holds_for": "1 day", "patience": "6 hours"}
        policy = Policy.model_validate(named | times | content)
        return connection.execute(
            """
            insert into ops.policies (policy_id, version, mode, content, content_hash, loaded_by)
            select %(id)s, coalesce(max(version), 0) + 1, 'active', %(content)s, 'x', 'test'
            from ops.policies where policy_id = %(id)s
            returning version
            """,
            {"id": POLICY, "content": Jsonb(policy.model_dump(mode="json"))},
        ).fetchone()[0]

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        return connect("acting test", conninfo=self.dsn["app"], autocommit=autocommit)

    def case(
        self, *, code: str = "inventory_short_pick", order: str = "shop-main/order/1", playbook: str = PLAYBOOK
    ) -> int:
        """An open case with one symptom; returns its id."""
        with self.connect() as connection:
            subject = f"{order}/{next(NUMBERS)}"
            detection = connection.execute(
                """
                insert into ops.detections (exception_code, subject_id, thread_id, order_id, since_at, due_at, evidence,
                    detected_as_of, detected_by)
                values (%s, %s, %s, %s, ref.as_of(), ref.as_of(), '{}', ref.as_of(), 'test') returning detection_id
                """,
                [code, subject, order, order],
            ).fetchone()[0]
            case_id = connection.execute(
                """
                insert into ops.cases (lead_code, subject_id, thread_id, order_id, title, severity, owner_queue,
                    playbook, next_action, next_actor, since_at, sla_due_at, opened_as_of)
                values (%s, %s, %s, %s, 'A test', 'high', 'warehouse', %s, 'Decide', 'crossdock', ref.as_of(),
                    ref.as_of() + interval '8 hours', ref.as_of())
                returning case_id
                """,
                [code, subject, order, order, playbook],
            ).fetchone()[0]
            connection.execute(
                "insert into ops.case_symptoms (detection_id, case_id, evidence_mark) values (%s, %s, '')",
                [detection, case_id],
            )
        return case_id

    def decide(
        self, case_id: int, plan: Sequence[Planned], *, ask: bool = False, candidates: Sequence[dict] = (),
        expires_after: timedelta = timedelta(hours=4), proposed_by: str = "crossdock",
        may_answer: Sequence[str] = ("warehouse",), playbook: str = PLAYBOOK, **policy: object,
    ) -> int:  # fmt: skip
        """Triage a case as a policy would: act at once, or ask; returns the approval id where it asks, else 0."""
        with self.connect() as connection:
            version = self.policy(connection, **policy)
            attempt = connection.execute("select attempt + 1 from ops.cases where case_id = %s", [case_id]).fetchone()[
                0
            ]
            decision = connection.execute(
                """
                insert into ops.decisions (case_id, attempt, policy_id, policy_version, mode, playbook, outcome, chosen,
                    candidates, inputs, reason, decided_as_of)
                values (%s, %s, %s, %s, 'active', %s, %s, 'first', %s, '{}', 'a test', ref.as_of())
                returning decision_id
                """,
                [
                    case_id,
                    attempt,
                    POLICY,
                    version,
                    playbook,
                    "approval" if ask else "automatic",
                    Jsonb(list(candidates)),
                ],
            ).fetchone()[0]
            order = connection.execute("select order_id from ops.cases where case_id = %s", [case_id]).fetchone()[0]
            move(connection, case_id, "triage")
            actions.propose(connection, case_id, decision, attempt, order, plan)
            if ask:
                move(connection, case_id, "ask")
                return approvals.ask(
                    connection, case_id, decision, attempt, "May we?", proposed_by, may_answer, expires_after
                )
            actions.approve(connection, case_id, attempt)
            move(connection, case_id, "act")
        return 0

    def send(self, limit: int = 100, *, effort: Effort = AT_ONCE, workers: int = 1) -> Sent:
        return send_ready(self.connect, limit, lambda partner_id: self.ledger, effort=effort, workers=workers)

    def verify(self, limit: int = 100, *, workers: int = 1) -> Verified:
        return verify_ready(self.connect, limit, lambda partner_id: self.ledger, workers=workers)

    def later(self, **delta: float) -> None:
        """Let business time go on and stand still there."""
        with self.connect() as connection:
            clock.follow(connection, clock.read(connection) + timedelta(**delta), 0)

    def state(self, case_id: int) -> str:
        return self.row("select state from ops.cases where case_id = %s", case_id)[0]

    def states(self, case_id: int) -> list[str]:
        """The states of its actions, in the order they were written down."""
        rows = self.rows("select state from ops.actions where case_id = %s order by action_id", case_id)
        return [row[0] for row in rows]

    def next(self, case_id: int) -> tuple[str, str]:
        """(who acts next, what is to be done)."""
        return self.row("select next_actor, next_action from ops.cases where case_id = %s", case_id)

    def history(self, case_id: int) -> list[str]:
        return [row[0] for row in self.rows("select event from ops.case_events where case_id = %s order by 1", case_id)]

    def clear(self, case_id: int) -> None:
        """Every symptom of the case goes away."""
        with self.connect() as connection:
            connection.execute(
                """
                update ops.detections set cleared_at = clock_timestamp(), cleared_as_of = ref.as_of()
                where detection_id in (select detection_id from ops.case_symptoms where case_id = %s)
                """,
                [case_id],
            )

    def row(self, sql: str, *values: object) -> tuple:
        return self.rows(sql, *values)[0]

    def rows(self, sql: str, *values: object) -> list[tuple]:
        self._asking = self._asking or self.connect(autocommit=True)
        return self._asking.execute(sql, values or None).fetchall()

    def close(self) -> None:
        if self._asking:
            self._asking.close()


def move(connection: psycopg.Connection, case_id: int, event: str) -> None:
    connection.execute("select ops.move_case(%s, %s, 'crossdock', 'system')", [case_id, event])
