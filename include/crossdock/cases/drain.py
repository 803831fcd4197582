"""From detections that wait to cases that stand, in one transaction.

    claim → gather → join or open → merge → note → lead → return → withdraw → vanish

A detection joins the living case of its order in which its cause stands, or which it explains, or opens a case. One
drain works at a time, over the cases concerned and no other, so that its cost follows what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

SQL = Path(__file__).parent / "sql"
LOCK = "select pg_advisory_xact_lock(hashtextextended('crossdock cases', 0))"


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did: detections claimed; cases opened, vanished, returned; symptoms joined, cleared."""

    claimed: int = 0
    opened: int = 0
    joined: int = 0
    cleared: int = 0
    vanished: int = 0
    returned: int = 0

    @property
    def changed(self) -> bool:
        """Whether any case is other than it was."""
        return bool(self.opened or self.joined or self.cleared or self.vanished or self.returned)


@cache
def statement(name: str) -> str:
    """The text of one file under sql/."""
    return (SQL / f"{name}.sql").read_text()


def drain(connection: psycopg.Connection, limit: int = 1000) -> Drained:
    """Take note of up to `limit` detections that opened, changed or cleared; return what became of the cases.

    Wakes who listens to `crossdock` when a case changed. Killed or failed, it leaves everything waiting.
    """
    with connection.transaction():
        connection.execute(LOCK)
        _scratch(connection)
        claimed = _run(connection, "claim", limit=limit)
        if not claimed:
            return Drained()
        _gather(connection)
        opened, joined = _group(connection)
        _analyze(connection, "case_concerned", "case_work")
        _merge(connection)
        cleared = connection.execute(statement("note_changes")).fetchone()[0]
        returned = _run(connection, "returned")
        vanished = _settle(connection)
        done = Drained(claimed, opened, joined, cleared, vanished, returned)
        if done.changed:
            connection.execute("select pg_notify('crossdock', 'cases')")
    return done


def _run(connection: psycopg.Connection, name: str, **values: object) -> int:
    return connection.execute(statement(name), values or None).rowcount


def _scratch(connection: psycopg.Connection) -> None:
    if connection.execute("select to_regclass('pg_temp.case_leads')").fetchone()[0] is None:
        connection.execute(statement("scratch"))
        return
    for name in ("case_claimed", "case_concerned", "case_work", "case_leads"):  # of a drain in the same transaction
        connection.execute(f"delete from pg_temp.{name}")


def _gather(connection: psycopg.Connection) -> None:
    _analyze(connection, "case_claimed")
    _run(connection, "lock_cases")
    _analyze(connection, "case_concerned")
    _run(connection, "gather")
    _analyze(connection, "case_work")
    _run(connection, "describe")


def _analyze(connection: psycopg.Connection, *tables: str) -> None:
    """Let the planner see how little there is: it would read the whole history else."""
    connection.execute("analyze " + ", ".join(f"pg_temp.{name}" for name in tables))


def _group(connection: psycopg.Connection) -> tuple[int, int]:
    """Give every new detection its case; return how many cases were opened, how many symptoms joined one."""
    joined = _run(connection, "join_known") + _join_explained(connection)
    while found := _run(connection, "join_causes"):
        joined += found + _join_explained(connection)
    opened = _run(connection, "open_cases", all=False)
    joined += _join_explained(connection)
    opened += _run(connection, "open_cases", all=True)
    _run(connection, "keep_symptoms")
    return opened, joined


def _merge(connection: psycopg.Connection) -> None:
    """Bring together cases that turn out to be one fault."""
    while _run(connection, "find_mergers"):
        _run(connection, "merge")


def _join_explained(connection: psycopg.Connection) -> int:
    """Join symptoms of what stands in a case, then symptoms of those, until none is left."""
    joined = 0
    while found := _run(connection, "join_explained"):
        joined += found
    return joined


def _settle(connection: psycopg.Connection) -> int:
    """Let cases follow their leads and their questions lapse; return how many cases vanished."""
    _run(connection, "choose_leads")
    _run(connection, "follow_leads")
    _run(connection, "note_leads")
    _run(connection, "withdraw_questions")
    _run(connection, "decide_anew")
    return _run(connection, "vanish")
