"""Resolved means verified: every system involved is read again, and the case moves by what they show.

A repair is resolved when all of it can be read and agrees, and the exception has gone where it can go; it is closed
when that still is so after the policy's time. A disagreement reopens the case; what can be neither proved nor
disproved in the policy's patience goes to people. So does a repair that does not stand although its exception has gone
by itself: nothing is done about what is no more. Every reading is a row of ops.verifications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core import log
from crossdock.remediation import steps
from crossdock.remediation.targets import OpenCommands
from crossdock.remediation.verify_look import Looked, Reading, load, look

logger = log.get("verify")
SQL = Path(__file__).parent / "sql"
WORKERS = 4
SOONEST = timedelta(minutes=2)
"""Business time after which a waiting case is looked at again; later the longer it has waited."""
SLOWER_BY = 10
LOCK = "hashtextextended('crossdock verify', %s)"


@dataclass(slots=True)
class Verified:
    """What one run did: cases resolved, closed, still waited for, disagreed (reopened), returned (reopened), lost (to
    people).
    """

    resolved: int = 0
    closed: int = 0
    waiting: int = 0
    disagreed: int = 0
    returned: int = 0
    lost: int = 0

    def __add__(self, other: Verified) -> Verified:
        return Verified(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Verified)))


def verify_ready(
    connection_factory: Callable[[], psycopg.Connection],
    limit: int,
    open_commands: OpenCommands,
    *,
    workers: int = WORKERS,
) -> Verified:
    """Look at up to `limit` cases that wait for it; return what became of them.

    `connection_factory` makes a connection for each worker, closed at the end; `open_commands` is called by one worker
    at a time. A system that cannot be read makes its cases wait; only errors of the database are raised.
    """
    with closing(connection_factory()) as connection:
        due = connection.execute((SQL / "cases_to_look_at.sql").read_text(), {"limit": limit}).fetchall()
    lock, queue = Lock(), iter(due)

    def take() -> Iterator[tuple[int, datetime]]:
        while True:
            with lock:
                case = next(queue, None)
            if case is None:
                return
            yield case

    def commands(partner_id: str):
        with lock:
            return open_commands(partner_id)

    count = min(workers, len(due))
    with ThreadPoolExecutor(max(1, count)) as pool:
        runs = [pool.submit(_work, connection_factory, take(), commands) for _ in range(count)]
    return sum((run.result() for run in runs), Verified())


def _work(
    connection_factory: Callable[[], psycopg.Connection],
    cases: Iterator[tuple[int, datetime]],
    open_commands: OpenCommands,
) -> Verified:
    done = Verified()
    with closing(connection_factory()) as connection:
        connection.autocommit = True
        for case_id, updated_at in cases:
            with log.bound(case_id=case_id), _alone(connection, case_id) as is_ours:
                name = _verify(connection, case_id, updated_at, open_commands) if is_ours else None
                if name:
                    setattr(done, name, getattr(done, name) + 1)
                    logger.info("case looked at", outcome=name)
    return done


@contextmanager
def _alone(connection: psycopg.Connection, case_id: int) -> Iterator[bool]:
    """Whether nobody else is looking at the case; nobody will while this lasts."""
    is_ours = connection.execute(f"select pg_try_advisory_lock({LOCK})", [case_id]).fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            connection.execute(f"select pg_advisory_unlock({LOCK})", [case_id])


def _verify(
    connection: psycopg.Connection, case_id: int, updated_at: datetime, open_commands: OpenCommands
) -> str | None:
    """Look, then write; None where the case changed meanwhile."""
    case = load(connection, case_id)
    if case["updated_at"] != updated_at:
        return None
    found = look(case, open_commands)
    with connection.transaction():
        now = connection.execute("select updated_at from ops.cases where case_id = %s for update", [case_id]).fetchone()
        if now[0] != updated_at:
            return None
        _record(connection, case, found.readings)
        return _resolved(connection, case, found) if case["state"] == "resolved" else _settle(connection, case, found)


def _record(connection: psycopg.Connection, case: dict, readings: list[Reading]) -> None:
    """Keep what was read; what could not be read has nothing to keep."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.verifications
                (case_id, attempt, action_id, partner_id, kind, object_id, expected, seen, agrees, read_as_of)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, ref.as_of())
            """,
            [
                (case["case_id"], case["attempt"], one.expectation.action_id, *one.expectation.place,
                 Jsonb(one.expectation.expect), None if one.seen is None else Jsonb(one.seen), one.agrees)
                for one in readings
                if one.error is None
            ],
        )  # fmt: skip


def _settle(connection: psycopg.Connection, case: dict, found: Looked) -> str:
    """Move a case that is being verified; return the name it is counted under."""
    case_id = case["case_id"]
    if found.verdict == "waits":
        _wait(connection, case, found)
        return "waiting"
    if found.verdict == "agrees":
        connection.execute(_VERIFIED, [case_id, case["attempt"]])
        steps.move_case(connection, case_id, "resolve", reason=found.why)
        steps.expect(connection, case_id, "Read the systems once more: the repair must hold", after=case["holds_for"])
        return "resolved"
    for action_id, why in found.disagreeing.items():
        connection.execute(_FAILED, [why, action_id])
    steps.move_case(connection, case_id, "disagree", reason=found.why)
    if found.verdict == "disagrees" and not case["is_again"]:
        return "disagreed"
    gone = found.verdict == "disagrees"
    reason = "the exception has gone" if gone else "it can be neither proved nor disproved"
    steps.move_case(connection, case_id, "triage", reason=reason)
    text = f"The exception has gone, but {found.why}. Mend that or dismiss the case" if gone else _HELD + found.why
    steps.expect(connection, case_id, text, of_people=True)
    return "lost"


def _resolved(connection: psycopg.Connection, case: dict, found: Looked) -> str:
    """Move a case that has been resolved for as long as its policy asks."""
    if found.verdict == "agrees":
        steps.move_case(connection, case["case_id"], "close", reason=found.why)
        return "closed"
    if found.verdict == "disagrees":
        steps.move_case(connection, case["case_id"], "return", reason=found.why)
        return "returned"
    _wait(connection, case, found)
    return "waiting"


def _wait(connection: psycopg.Connection, case: dict, found: Looked) -> None:
    after = max(SOONEST, min([(case["now"] - case["told_at"]) / SLOWER_BY, *_left(case, found)]))
    steps.expect(connection, case["case_id"], f"Look again: {found.why}", of_people=found.of_people, after=after)


def _left(case: dict, found: Looked) -> list[timedelta]:
    """The time that each expectation still has which has not come about."""
    due = [one.expectation.due_at for one in found.readings if not one.agrees and not one.error]
    return [at - case["now"] for at in due if at > case["now"]]


_HELD = "See whether the repair has held: "
_VERIFIED = """
update ops.actions set state = 'verified', verified_at = clock_timestamp(), error = null, error_class = null
where case_id = %s and attempt = %s and compensates is null
    and (state = 'acknowledged' or (state = 'failed' and error_class = 'Disagreement'))
"""
_FAILED = """
update ops.actions set state = 'failed', error = %s, error_class = 'Disagreement'
where action_id = %s and state = 'acknowledged'
"""
