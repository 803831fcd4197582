"""Who sends what: an action is claimed by a row that says `sent`, a lease, and a lock that dies with its sender.

The lease keeps others away for a while although the session may be lost; the lock keeps them away for as long as the
sender lives, however long its call takes. Claims are made one at a time, so that no two actions of one order go out
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from crossdock.remediation import replies, steps

SQL = Path(__file__).parent / "sql"
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('crossdock outbox', 0))"
LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Claimed:
    """An action that is ours to send, with the replies it may refer to."""

    action: dict
    replies: dict[int, dict | None]
    """What each step of the attempt answered, by step."""
    is_unknown: bool
    """Whether somebody before us may have sent it and died."""
    needs_reply: bool
    """Whether its own reply is referred to by anything of the attempt."""


def claim(connection: psycopg.Connection, lease: float) -> Claimed | None:
    """The next action to be sent, committed as such; None when there is none. `lease` is in seconds."""
    action = None
    for action_id in _lost(connection):
        action = _mark(connection, "reclaim_action", lease, action_id=action_id)
        if action:
            break
    is_unknown = action is not None
    action = action or _mark(connection, "claim_action", lease)
    if action is None:
        return None
    attempt = _attempt(connection, action)
    return Claimed(action, {row["step"]: row["reply"] for row in attempt}, is_unknown, _is_referred_to(action, attempt))


def still_ours(connection: psycopg.Connection, claimed: Claimed) -> dict | None:
    """The action, locked with its case, if nobody took it from us; in the transaction that writes what came of it."""
    now = steps.locked(connection, claimed.action["action_id"])
    is_ours = now["state"] == "sent" and now["leased_until"] == claimed.action["leased_until"]
    return now if is_ours else None


def release(connection: psycopg.Connection, claimed: Claimed) -> None:
    """Let go of the lock."""
    connection.execute(
        "select pg_advisory_unlock(hashtextextended('crossdock action', %s))", [claimed.action["action_id"]]
    )


def _lost(connection: psycopg.Connection) -> list[int]:
    rows = connection.execute(
        "select action_id from ops.actions where state = 'sent' and leased_until <= clock_timestamp() "
        "order by leased_until limit %s",
        [LOOKED_AT],
    )
    return [row[0] for row in rows]


def _mark(connection: psycopg.Connection, name: str, lease: float, **values: object) -> dict | None:
    statement = (SQL / f"{name}.sql").read_text()
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(ONE_AT_A_TIME)
        return cursor.execute(statement, {"lease": lease, **values}).fetchone()


def _attempt(connection: psycopg.Connection, action: dict) -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select action_id, step, payload, target, compensation, reply from ops.actions "
            "where case_id = %s and attempt = %s and compensates is null order by step",
            [action["case_id"], action["attempt"]],
        ).fetchall()


def _is_referred_to(action: dict, attempt: list[dict]) -> bool:
    parts = [row[name] for row in attempt for name in ("payload", "target", "compensation")]
    return not action["compensates"] and action["step"] in set(replies.steps_in(parts))
