"""What a person does to a case: take it, write into it, dismiss it, have it looked at after all.

Each call names who does it and through which front end; both stand in the history. Refused says what was not possible.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core.errors import NotPermitted, Refused

ADMIN = "Admin"
OURS = "CD0"  # SQLSTATEs of the guards in the database


def must_work(
    connection: psycopg.Connection, case_id: int, by: str, roles_of: Callable[[str], Collection[str]]
) -> None:
    """Raise NotPermitted unless `by` has the Airflow role of the case's queue, or is an administrator.

    `roles_of` says which roles a login has; it is asked of a case that there is, else this raises Refused.
    """
    with connection.transaction():
        row = connection.execute(
            "select owner_queue, airflow_role from ops.cases as c join ref.queues as q on q.queue = c.owner_queue "
            "where c.case_id = %s",
            [case_id],
        ).fetchone()
    if row is None:
        raise Refused(f"there is no case {case_id}", hint="see `crossdock cases list`")
    queue, role = row
    if not {ADMIN, role} & set(roles_of(by)):
        raise NotPermitted(
            f"{by} may not do that to case {case_id}: it is for the people of {queue}",
            hint=f"it takes the Airflow role {role} or {ADMIN}",
        )


def assign(connection: psycopg.Connection, case_id: int, to: str | None, *, by: str, front_end: str) -> None:
    """Give a case to a login; None gives it back to its queue."""
    with connection.transaction(), _said_plainly():
        _note(connection, case_id, "assign", by, f"to {to}" if to else "back to the queue", front_end, assignee=to)
        connection.execute(
            "update ops.cases set assignee = %s, updated_at = clock_timestamp() where case_id = %s", [to, case_id]
        )


def note(connection: psycopg.Connection, case_id: int, text: str, *, by: str, front_end: str) -> None:
    """Write something into the history of a case."""
    if not text.strip():
        raise Refused("a note needs a text")
    with connection.transaction(), _said_plainly():
        _note(connection, case_id, "note", by, text.strip(), front_end)


def dismiss(connection: psycopg.Connection, case_id: int, reason: str, *, by: str, front_end: str) -> None:
    """Nothing need be done, and why. A question that waits is withdrawn."""
    _move(connection, case_id, "dismiss", by, reason, front_end)


def reopen(connection: psycopg.Connection, case_id: int, reason: str, *, by: str, front_end: str) -> None:
    """Look at a dismissed case after all."""
    if not reason.strip():
        raise Refused(f"case {case_id}: to reopen needs a reason")
    _move(connection, case_id, "reopen", by, reason, front_end)


def _move(connection: psycopg.Connection, case_id: int, event: str, by: str, reason: str, front_end: str) -> None:
    with connection.transaction(), _said_plainly():
        connection.execute(
            "select ops.move_case(%s, %s, %s, 'person', %s, %s)",
            [case_id, event, by, reason.strip(), Jsonb({"front_end": front_end})],
        )


def _note(
    connection: psycopg.Connection, case_id: int, event: str, by: str, reason: str, front_end: str, **data: object
) -> None:
    connection.execute(
        "select ops.note_case(%s, %s, %s, 'person', %s, %s)",
        [case_id, event, by, reason, Jsonb({"front_end": front_end} | data)],
    )


@contextmanager
def _said_plainly() -> Iterator[None]:
    """The guards' refusals as errors of ours."""
    try:
        yield
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith(OURS):
            raise
        hint = "see `crossdock cases list`" if error.sqlstate == "CD002" else "see `crossdock cases show` for its state"
        raise Refused(str(error.diag.message_primary), hint=hint) from None
