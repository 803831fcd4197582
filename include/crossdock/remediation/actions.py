"""What will be told to the systems: written down, allowed, called off, and shown. The outbox sends it.

An action is one step of one attempt at one case. Every function works in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crossdock.core import ids
from crossdock.core.errors import Misconfigured, Refused
from crossdock.remediation import replies, steps
from crossdock.remediation.plan import Planned

SQL = Path(__file__).parent / "sql"
SEE = "see `crossdock actions list`"


def propose(
    connection: psycopg.Connection,
    case_id: int,
    decision_id: int | None,
    attempt: int,
    order_id: str | None,
    planned: Sequence[Planned],
    *,
    after_step: int = 0,
) -> list[int]:
    """Write down the steps of an attempt; return their action ids in order. Nothing is sent until they are approved.

    Steps are numbered from `after_step` + 1; references to replies move along. Raises Misconfigured for an empty plan
    and for a partner that is unknown or of another system type than the command.
    """
    if not planned:
        raise Misconfigured(f"the repair of case {case_id} has no step", hint="mend the playbook")
    correlation_id = _correlation_id(connection, case_id, order_id)
    return [
        _propose(
            connection,
            one,
            after_step,
            {
                "case_id": case_id,
                "decision_id": decision_id,
                "attempt": attempt,
                "order_id": order_id,
                "step": after_step + number,
                "correlation_id": correlation_id,
            },
        )
        for number, one in enumerate(planned, start=1)
    ]


def _propose(connection: psycopg.Connection, planned: Planned, after_step: int, values: dict) -> int:
    payload, target, compensation = (
        replies.shifted(part, after_step) for part in (planned.payload, planned.target, planned.compensation)
    )
    row = connection.execute(
        (SQL / "propose_action.sql").read_text(),
        values
        | {
            "command": planned.command,
            "partner_id": planned.partner_id,
            "payload": Jsonb(payload),
            "target": Jsonb(target),
            "compensation": Jsonb(compensation) if compensation else None,
            "idempotency_key": steps.key(values["case_id"], values["attempt"], values["step"], planned.command),
        },
    ).fetchone()
    if row is None:
        raise Misconfigured(
            f"{planned.partner_id!r} cannot be told {planned.command}: it is unknown, or another kind of system",
            hint="look at `crossdock partner list` and the playbook",
        )
    return row[0]


def _correlation_id(connection: psycopg.Connection, case_id: int, order_id: str | None) -> str:
    """The id under which the order was worked on before, else a new one."""
    row = connection.execute(
        """
        select correlation_id from ops.actions where case_id = %s or order_id = %s
        order by case_id = %s desc, action_id limit 1
        """,
        [case_id, order_id, case_id],
    ).fetchone()
    return row[0] if row else ids.correlation_id()


def approve(connection: psycopg.Connection, case_id: int, attempt: int) -> int:
    """Allow what was proposed for an attempt; return how many actions. They go out once the case is acting."""
    return connection.execute(
        """
        update ops.actions set state = 'approved'
        where case_id = %s and attempt = %s and state = 'proposed' and compensates is null
        """,
        [case_id, attempt],
    ).rowcount


def withdraw(connection: psycopg.Connection, case_id: int, attempt: int) -> int:
    """Call off what was proposed for an attempt and is not approved; return how many actions."""
    return connection.execute(
        "update ops.actions set state = 'cancelled' where case_id = %s and attempt = %s and state = 'proposed'",
        [case_id, attempt],
    ).rowcount


def cancel(connection: psycopg.Connection, action_id: int, by: str, reason: str) -> None:
    """A person calls off a step that has not been sent: the rest of the repair goes with it, the steps before it are
    taken back, and the case goes to its owner queue. Raises Refused when it is too late, or no reason is given.
    """
    action = _needed(connection, action_id)
    _reasoned(reason, "cancel")
    if action["state"] != "approved" or action["compensates"]:
        raise Refused(
            f"action {action_id} is {action['state']}" + (" and takes another back" if action["compensates"] else ""),
            hint="only an approved step that was not sent can be cancelled; reject what still waits for approval",
        )
    connection.execute(
        "update ops.actions set state = 'cancelled', error = %s where action_id = %s",
        [f"cancelled by {by}: {reason}", action_id],
    )
    steps.note(connection, action, "cancelled", by=by, kind="person", reason=reason)
    steps.give_way(connection, action["case_id"], action["attempt"])


def retry(connection: psycopg.Connection, action_id: int, by: str, reason: str) -> str:
    """A person has a dead action tried again; returns what comes of it, in words. Raises Refused where it is not dead.

    What takes a step back is sent again. A dead step of a repair that was taken back cannot go out alone: its case is
    reopened, so that a whole repair is decided anew.
    """
    action = _needed(connection, action_id)
    _reasoned(reason, "retry")
    if action["state"] != "dead":
        raise Refused(f"action {action_id} is {action['state']}, not dead", hint=SEE)
    undo = connection.execute(
        "select action_id from ops.actions where %(id)s in (compensates, action_id) and compensates is not null",
        {"id": action_id},
    ).fetchone()
    steps.note(connection, action, "tried_again", by=by, kind="person", reason=reason)
    if undo:
        steps.take_back_again(connection, undo[0])
        return f"action {undo[0]} is sent again"
    steps.move_case(connection, action["case_id"], "retry", by=by, kind="person", reason=reason)
    return f"case {action['case_id']} is decided anew"


def _needed(connection: psycopg.Connection, action_id: int) -> dict:
    """The action, locked together with its case (always the case first, as everywhere)."""
    found = steps.locked(connection, action_id)
    if found is None:
        raise Refused(f"there is no action {action_id}", hint=SEE)
    return found


def _reasoned(reason: str, what: str) -> None:
    if not reason.strip():
        raise Refused(f"to {what} an action needs a reason", hint="say why with --reason")


def listed(
    connection: psycopg.Connection, *, case_id: int | None = None, state: str | None = None, limit: int = 200
) -> list[dict]:
    """Actions as rows for people, the newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select action_id, case_id, attempt, step, command, partner_id, order_id, state, tries, next_try_at,
                error_class, error, compensates
            from ops.actions
            where (%(case_id)s::bigint is null or case_id = %(case_id)s)
                and (%(state)s::text is null or state = %(state)s)
            order by action_id desc limit %(limit)s
            """,
            {"case_id": case_id, "state": state, "limit": limit},
        ).fetchall()


def shown(connection: psycopg.Connection, action_id: int) -> dict:
    """One action whole, with what was read back of it. Raises Refused when there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from ops.actions where action_id = %s", [action_id]).fetchone()
        if row is None:
            raise Refused(f"there is no action {action_id}", hint=SEE)
        read = cursor.execute(
            """
            select partner_id, kind, object_id, expected, seen, agrees, read_at, read_as_of
            from ops.verifications where action_id = %s order by verification_id
            """,
            [action_id],
        ).fetchall()
    return row | {"verifications": read}
