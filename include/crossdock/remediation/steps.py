"""A repair as a whole: its steps go out in order; when one fails, those before it are taken back in reverse.

Whole or not at all: steps that were not sent are cancelled, acknowledged ones are undone one after the other, and only
then does the case move on. What cannot be undone stops there, and the case goes to the people of its queue.

Everything works in the caller's transaction and locks the case before its actions.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crossdock.core.errors import Refused
from crossdock.landing import gone

SQL = Path(__file__).parent / "sql"
US = "crossdock"
NOT_ALLOWED, NO_SUCH_CASE = "CD001", "CD002"
DONE = ("acknowledged", "verified")
BROKEN = ("failed", "dead", "cancelled")
TO_PEOPLE = ("dead", "cancelled")


def key(case_id: int, attempt: int, step: int, command: str) -> str:
    """The idempotency key of a step: the same however often it is sent, another for every attempt."""
    return f"case-{case_id}/{attempt}/{step}/{command}"


def locked(connection: psycopg.Connection, action_id: int) -> dict | None:
    """The action as it is now, with its case locked before it; None when there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select from ops.cases where case_id = (select case_id from ops.actions where action_id = %s) for update
            """,
            [action_id],
        )
        return cursor.execute("select * from ops.actions where action_id = %s for update", [action_id]).fetchone()


def move_case(
    connection: psycopg.Connection, case_id: int, event: str, *, by: str = US, kind: str = "system",
    reason: str | None = None, data: dict | None = None,
) -> str:  # fmt: skip
    """Move a case; return its new state. Raises Refused where the table of transitions does not allow it."""
    try:
        with connection.transaction():
            return connection.execute(
                "select ops.move_case(%s, %s, %s, %s, %s, %s)", [case_id, event, by, kind, reason, Jsonb(data or {})]
            ).fetchone()[0]
    except psycopg.Error as error:
        if error.sqlstate not in (NOT_ALLOWED, NO_SUCH_CASE):
            raise
        raise Refused(str(error.diag.message_primary), hint=f"see `crossdock cases show {case_id}`") from None


def expect(
    connection: psycopg.Connection,
    case_id: int,
    next_action: str,
    *,
    of_people: bool = False,
    after: timedelta | None = None,
) -> None:
    """Say who does what next with a case: we, or the people of its queue; `after` so much business time."""
    connection.execute(
        """
        update ops.cases
        set next_action = %s, next_actor = case when %s then owner_queue else %s end,
            next_at = ref.as_of() + %s::interval, updated_at = clock_timestamp()
        where case_id = %s
        """,
        [next_action, of_people, US, after, case_id],
    )


def note(
    connection: psycopg.Connection, action: dict, event: str, *, by: str = US, kind: str = "system",
    reason: str | None = None, **data: object,
) -> None:  # fmt: skip
    """Write what happened to an action into its case's history."""
    told = {name: action[name] for name in ("action_id", "attempt", "step", "command", "idempotency_key")}
    connection.execute(
        "select ops.note_case(%s, %s, %s, %s, %s, %s)",
        [action["case_id"], event, by, kind, reason, Jsonb(told | data)],
    )


def acknowledged(connection: psycopg.Connection, action: dict, reply: dict | None, how: str | None = None) -> None:
    """A sent action was taken (`how` says so where it was found by reading): the repair, or its undoing, goes on."""
    connection.execute(
        """
        update ops.actions
        set state = 'acknowledged', reply = %s, acknowledged_at = clock_timestamp(), acknowledged_as_of = ref.as_of(),
            leased_until = null, next_try_at = null, error = null, error_class = null
        where action_id = %s
        """,
        [Jsonb(reply) if reply is not None else None, action["action_id"]],
    )
    note(connection, action, "acknowledged", reason=how, tries=action["tries"], reply=reply)
    if deleted := (reply or {}).get("gone"):
        gone.mark(connection, action["partner_id"], deleted, action["idempotency_key"])
    if action["compensates"]:
        _taken_back(connection, action)
    elif _is_broken(connection, action["case_id"], action["attempt"]):
        give_way(connection, action["case_id"], action["attempt"])
    else:
        _go_on(connection, action["case_id"], action["attempt"])


def ended(connection: psycopg.Connection, action: dict, state: str, error: BaseException) -> None:
    """A sent action ended as `failed` (a business no) or `dead` (tried as often as allowed): the repair gives way.

    What was to take another step back is dead either way, and so is the step.
    """
    state = "dead" if action["compensates"] else state
    connection.execute(
        """
        update ops.actions set state = %s, error = %s, error_class = %s, leased_until = null, next_try_at = null
        where action_id = %s
        """,
        [state, str(error), type(error).__name__, action["action_id"]],
    )
    note(connection, action, state, reason=str(error), error_class=type(error).__name__, tries=action["tries"])
    if action["compensates"]:
        _not_taken_back(connection, action, error)
    else:
        give_way(connection, action["case_id"], action["attempt"])


def give_way(connection: psycopg.Connection, case_id: int, attempt: int) -> None:
    """Do the next thing towards undoing an attempt of which a step broke; harmless when called again.

    Nothing is undone while a step is still on its way: what comes of it calls this again.
    """
    connection.execute(
        """
        update ops.actions set state = 'cancelled', error = null, error_class = null
        where case_id = %s and attempt = %s and compensates is null and state in ('proposed', 'approved')
        """,
        [case_id, attempt],
    )
    rows = _rows(connection, case_id, attempt)
    if any(row["state"] in ("sent", "compensating") or (row["compensates"] and row["state"] == "dead") for row in rows):
        return
    to_undo = [row for row in rows if row["state"] in DONE and row["compensation"] and not row["compensates"]]
    if to_undo:
        _take_back(connection, max(to_undo, key=lambda row: row["step"]), max(row["step"] for row in rows) + 1)
    else:
        _given_way(connection, case_id, rows)


def take_back_again(connection: psycopg.Connection, action_id: int) -> None:
    """Send a dead undoing once more, as a person asked for."""
    undo = locked(connection, action_id)
    connection.execute(
        """
        update ops.actions
        set state = 'approved', tries = 0, sent_at = null, next_try_at = null, error = null, error_class = null
        where action_id = %s
        """,
        [action_id],
    )
    taken_back = _set_undone(connection, undo, "compensating")
    expect(connection, undo["case_id"], f"Take step {taken_back} of the repair back again")


def _rows(connection: psycopg.Connection, case_id: int, attempt: int) -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from ops.actions where case_id = %s and attempt = %s order by step, action_id",
            [case_id, attempt],
        ).fetchall()


def _is_broken(connection: psycopg.Connection, case_id: int, attempt: int) -> bool:
    return any(row["state"] in BROKEN and row["error"] for row in _rows(connection, case_id, attempt))


def _go_on(connection: psycopg.Connection, case_id: int, attempt: int) -> None:
    rows = _rows(connection, case_id, attempt)
    plan = [row for row in rows if not row["compensates"] and row["state"] != "cancelled"]
    if all(row["state"] in DONE for row in plan):
        move_case(connection, case_id, "verify", reason="every system has taken its command")
        expect(connection, case_id, "Read every system again")
    else:
        following = next(row for row in plan if row["state"] not in DONE)
        expect(connection, case_id, f"Step {following['step']}: {following['command']}")


def _take_back(connection: psycopg.Connection, action: dict, step: int) -> None:
    """Write the undoing of an action down as an action of its own, ready to be sent."""
    undo = action["compensation"]
    connection.execute("update ops.actions set state = 'compensating' where action_id = %s", [action["action_id"]])
    made = connection.execute(
        (SQL / "take_back.sql").read_text(),
        {
            "action_id": action["action_id"],
            "step": step,
            "command": undo["command"],
            "payload": Jsonb(undo.get("payload") or {}),
            "idempotency_key": key(action["case_id"], action["attempt"], step, undo["command"]),
        },
    ).fetchone()
    connection.execute("update ops.actions set state = 'approved' where action_id = %s", [made[0]])
    expect(connection, action["case_id"], f"Take step {action['step']} of the repair back")


def _taken_back(connection: psycopg.Connection, undo: dict) -> None:
    _set_undone(connection, undo, "compensated")
    give_way(connection, undo["case_id"], undo["attempt"])


def _not_taken_back(connection: psycopg.Connection, undo: dict, error: BaseException) -> None:
    step = _set_undone(connection, undo, "dead")
    text = f"Step {step} of the repair could not be taken back: {error}"
    expect(connection, undo["case_id"], text, of_people=True)


def _set_undone(connection: psycopg.Connection, undo: dict, state: str) -> int:
    """Set the state of the action that `undo` takes back; return its step."""
    return connection.execute(
        "update ops.actions set state = %s where action_id = %s returning step", [state, undo["compensates"]]
    ).fetchone()[0]


def _given_way(connection: psycopg.Connection, case_id: int, rows: list[dict]) -> None:
    """Everything that can be is taken back: the case is decided anew, or is for people where trying ended."""
    broken = next(row for row in rows if row["state"] in BROKEN and row["error"] and not row["compensates"])
    standing = [f"{row['step']} ({row['command']})" for row in rows if row["state"] in DONE and not row["compensates"]]
    text = f"Step {broken['step']} of the repair ({broken['command']}) is {broken['state']}: {broken['error']}"
    if standing:
        text += f". Nothing takes back step {', '.join(standing)}"
    move_case(connection, case_id, "fail", reason=text, data={"action_id": broken["action_id"]})
    if broken["state"] in TO_PEOPLE:
        move_case(connection, case_id, "triage", reason=f"step {broken['step']} is {broken['state']}")
        expect(connection, case_id, text, of_people=True)
