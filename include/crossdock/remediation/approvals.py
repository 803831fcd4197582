"""Questions to people: ask whether a repair may be done, take the answer, let it lapse.

ops.approvals is the record, whichever front end shows the question. Who proposed a repair never approves it; people
answer for the queues of their Airflow roles, administrators for all. The first answer counts: it moves the approval,
its actions and its case in one transaction. Where the caller has opened one already, it commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import Misconfigured, NotPermitted, Refused
from crossdock.remediation import actions, steps
from crossdock.remediation.plan import Planned

SQL = Path(__file__).parent / "sql"
ADMIN = "Admin"
VERDICTS = {"approve": "approved", "reject": "rejected"}
FRONT_ENDS = ("airflow", "desk", "cli")
SEE = "see `crossdock approvals list`"


def ask(
    connection: psycopg.Connection,
    case_id: int,
    decision_id: int,
    attempt: int,
    question: str,
    proposed_by: str,
    may_answer: Sequence[str],
    expires_after: timedelta,
) -> int:
    """Ask the people of the queues `may_answer`; return the approval id. Time is business time.

    In the caller's transaction, beside the move of the case. Raises Misconfigured for an unknown queue and Refused when
    a question about the case waits already.
    """
    known = {row[0] for row in connection.execute("select queue from ref.queues")}
    if not may_answer or set(may_answer) - known:
        raise Misconfigured(
            f"case {case_id}: nobody works the queues {sorted(set(may_answer) - known) or 'of its question'}",
            hint=f"use some of {', '.join(sorted(known))} in the policy",
        )
    row = connection.execute(
        """
        insert into ops.approvals (case_id, decision_id, attempt, question, proposed_by, may_answer, expires_as_of)
        values (%s, %s, %s, %s, %s, %s, ref.as_of() + %s)
        on conflict (case_id) where state = 'waiting' do nothing
        returning approval_id
        """,
        [case_id, decision_id, attempt, question, proposed_by, list(may_answer), expires_after],
    ).fetchone()
    if row is None:
        raise Refused(f"a question about case {case_id} waits already", hint=SEE)
    return row[0]


def answer(
    connection: psycopg.Connection,
    approval_id: int,
    verdict: str,
    by: str,
    roles: Collection[str],
    *,
    reason: str | None,
    front_end: str,
    chosen: str | None = None,
) -> str:
    """Take an answer; return the case's new state. `chosen` names another candidate of the decision.

    Raises NotPermitted for the proposer and for people of other queues, Refused when the question was answered or is
    moot, when a rejection gives no reason, and when the candidate cannot be chosen.
    """
    if verdict not in VERDICTS or front_end not in FRONT_ENDS:
        raise Misconfigured(f"no front end answers {verdict!r} from {front_end!r}", hint=f"say {' or '.join(VERDICTS)}")
    with connection.transaction():
        asked = _locked(connection, approval_id)
        _must_be_waiting(asked)
        _must_be_allowed(connection, asked, by, roles)
        reason = (reason or "").strip() or None
        if verdict == "reject" and reason is None:
            raise Refused(f"to reject approval {approval_id} needs a reason", hint="say why")
        if verdict == "approve":
            _choose(connection, asked, chosen)
        connection.execute(
            """
            update ops.approvals
            set state = %s, decided_by = %s, decided_at = clock_timestamp(), front_end = %s, chosen = %s, reason = %s
            where approval_id = %s
            """,
            [VERDICTS[verdict], by, front_end, chosen, reason, approval_id],
        )
        return _move(connection, asked, verdict, by, reason, {"front_end": front_end, "chosen": chosen})


def expire_due(connection: psycopg.Connection) -> int:
    """Let the questions lapse that nobody answered in time; return how many. Their cases go to their owner queues."""
    due = connection.execute(
        "select approval_id from ops.approvals where state = 'waiting' and expires_as_of <= ref.as_of() order by 1"
    ).fetchall()
    return sum(_lapse(connection, row[0], "expired", "expire", "nobody answered in time") for row in due)


def withdraw(connection: psycopg.Connection, case_id: int, reason: str) -> bool:
    """Take the waiting question about a case back: it is moot. False when none waits."""
    row = connection.execute(
        "select approval_id from ops.approvals where case_id = %s and state = 'waiting'", [case_id]
    ).fetchone()
    return row is not None and _lapse(connection, row[0], "withdrawn", "withdraw", reason)


def waiting(connection: psycopg.Connection, roles: Collection[str] | None = None) -> list[dict]:
    """The questions that wait, the most pressing first; with `roles`, those that people of these roles may answer."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            (SQL / "waiting.sql").read_text(), {"roles": None if roles is None or ADMIN in roles else list(roles)}
        ).fetchall()


def _locked(connection: psycopg.Connection, approval_id: int) -> dict:
    """The approval as it is now, its case locked before it. Raises Refused when there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select from ops.cases
            where case_id = (select case_id from ops.approvals where approval_id = %s) for update
            """,
            [approval_id],
        )
        asked = cursor.execute(
            "select a.*, ref.as_of() as now from ops.approvals as a where approval_id = %s for update", [approval_id]
        ).fetchone()
    if asked is None:
        raise Refused(f"there is no approval {approval_id}", hint=SEE)
    return asked


def _must_be_waiting(asked: dict) -> None:
    number, state = asked["approval_id"], asked["state"]
    if state in VERDICTS.values():
        when = f"{asked['decided_at']:%Y-%m-%d %H:%M} UTC"
        raise Refused(
            f"approval {number} was already {state} by {asked['decided_by']} at {when}",
            hint=f"see `crossdock cases show {asked['case_id']}`",
        )
    if state != "waiting" or asked["expires_as_of"] <= asked["now"]:
        gone = "is withdrawn: the question is moot" if state == "withdrawn" else "has expired"
        raise Refused(f"approval {number} {gone}", hint=f"see `crossdock cases show {asked['case_id']}`")


def _must_be_allowed(connection: psycopg.Connection, asked: dict, by: str, roles: Collection[str]) -> None:
    if by.casefold() == asked["proposed_by"].casefold() or by.casefold() == steps.US:
        raise NotPermitted(
            f"{by} proposed what approval {asked['approval_id']} is about, and cannot answer it",
            hint="ask somebody else of " + ", ".join(asked["may_answer"]),
        )
    allowed = connection.execute(
        "select array_agg(distinct airflow_role) from ref.queues where queue = any(%s)", [asked["may_answer"]]
    ).fetchone()[0]
    if not set(roles) & {ADMIN, *(allowed or [])}:
        people = ", ".join(asked["may_answer"])
        raise NotPermitted(
            f"{by} may not answer approval {asked['approval_id']}: it is for the people of {people}",
            hint=f"it takes one of the Airflow roles {', '.join([*(allowed or []), ADMIN])}",
        )


def _choose(connection: psycopg.Connection, asked: dict, chosen: str | None) -> None:
    """Put the steps of another candidate in the place of the proposed ones."""
    decision = connection.execute(
        "select d.chosen, d.candidates, c.order_id from ops.decisions as d join ops.cases as c using (case_id) "
        "where decision_id = %s",
        [asked["decision_id"]],
    ).fetchone()
    proposed, candidates, order_id = decision
    if chosen in (None, proposed):
        return
    candidate = next((one for one in candidates if one["name"] == chosen), None)
    free = [one["name"] for one in candidates if not one.get("excluded_by") and one.get("plan")]
    if candidate is None or chosen not in free:
        why = (
            "; ".join(candidate.get("excluded_by") or ["it has no plan"]) if candidate else "there is none of that name"
        )
        raise Refused(f"{chosen!r} cannot be chosen: {why}", hint=f"choose one of {', '.join(free)}")
    case_id, attempt = asked["case_id"], asked["attempt"]
    actions.withdraw(connection, case_id, attempt)
    used = connection.execute(
        "select coalesce(max(step), 0) from ops.actions where case_id = %s and attempt = %s", [case_id, attempt]
    ).fetchone()[0]
    plan = [Planned(**step) for step in candidate["plan"]]
    actions.propose(connection, case_id, asked["decision_id"], attempt, order_id, plan, after_step=used)


def _lapse(connection: psycopg.Connection, approval_id: int, state: str, event: str, reason: str) -> bool:
    with connection.transaction():
        asked = _locked(connection, approval_id)
        if asked["state"] != "waiting":
            return False
        connection.execute("update ops.approvals set state = %s where approval_id = %s", [state, approval_id])
        _move(connection, asked, event, steps.US, reason, {})
        return True


def _move(connection: psycopg.Connection, asked: dict, event: str, by: str, reason: str | None, data: dict) -> str:
    """Move the case and its actions along with what became of the question."""
    case_id, attempt = asked["case_id"], asked["attempt"]
    kind = "person" if event in VERDICTS else "system"
    if event == "approve":
        if not actions.approve(connection, case_id, attempt):
            raise Refused(f"approval {asked['approval_id']} has no step left to do", hint="reject it, and say so")
    else:
        actions.withdraw(connection, case_id, attempt)
    told = {"approval_id": asked["approval_id"]} | {name: value for name, value in data.items() if value}
    state = steps.move_case(connection, case_id, event, by=by, kind=kind, reason=reason, data=told)
    if event == "approve":
        steps.expect(connection, case_id, "Send the first step of the repair")
    elif event == "withdraw":
        steps.expect(connection, case_id, "Decide what to do")
    else:
        said = f"{by} said no: {reason}" if event == "reject" else reason.capitalize()
        steps.expect(connection, case_id, f"{said}. Decide what to do", of_people=True)
    return state
