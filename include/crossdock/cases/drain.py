"""From detections that wait to cases that stand, in one transaction.

    claim → gather → join or open → merge → note → lead → return → withdraw → look again → vanish

A detection joins the living case of its order in which its cause stands, or which it explains, or opens a case. One
drain works at a time, over the cases concerned and no other, so that its cost follows what changed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

SQL = Path(__file__).parent / "sql"
TABLES = ("case_claimed", "case_concerned", "case_work", "case_leads")
SMALL = 100
"""Detections up to which a drain may use an earlier one's plans."""
PLANS_KEPT = 60.0
"""Seconds; the tables that a drain reads may be ten times as large a minute later."""
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


class Drains:
    """The drains of one connection: its scratch tables, and when their plans are made anew.

    Planning a drain costs more than running a small one. So a small drain reuses the plans of an earlier small one: its
    tables are emptied by DELETE and not analysed, since TRUNCATE and ANALYZE both discard plans. A large drain, the one
    after it, and the first of each minute start afresh. Each drain is a transaction of its own: it may not be part of
    one that is rolled back while this object lives.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.is_fresh, self.is_empty = True, False
        self.replan_at = 0.0

    def drain(self, limit: int = 1000) -> Drained:
        """Take note of up to `limit` detections that opened, changed or cleared; return what became of the cases.

        Wakes who listens to `crossdock` when a case changed. Killed or failed, it leaves everything waiting.
        """
        with self.connection.transaction():
            self.connection.execute(LOCK)
            self._begin()
            claimed = self._run("claim", limit=limit)
            self.is_empty = not claimed
            if not claimed:
                return Drained()
            self.is_fresh = self.is_fresh or claimed > SMALL
            done = self._follow(claimed)
            if done.changed:
                self.connection.execute("select pg_notify('crossdock', 'cases')")
        if self.is_fresh:
            self.replan_at = time.monotonic() + PLANS_KEPT
        self.is_fresh = claimed > SMALL
        return done

    def _begin(self) -> None:
        """Empty scratch tables; made, where this session (or a transaction that was rolled back) has none."""
        self.is_fresh = self.is_fresh or time.monotonic() >= self.replan_at
        if self.connection.execute("select to_regclass('pg_temp.case_leads')").fetchone()[0] is None:
            self.connection.execute(statement("scratch"))
            self.is_fresh = True
        elif self.is_fresh and not self.is_empty:
            self.connection.execute(f"truncate {_scratch(*TABLES)}")
        elif not self.is_empty:
            for name in TABLES:
                self.connection.execute(f"delete from {_scratch(name)}")

    def _follow(self, claimed: int) -> Drained:
        self._gather()
        opened, joined = self._group()
        self._analyze("case_concerned", "case_work")
        self._merge()
        cleared = self.connection.execute(statement("note_changes")).fetchone()[0]
        returned = self._run("returned")
        return Drained(claimed, opened, joined, cleared, self._settle(), returned)

    def _run(self, name: str, **values: object) -> int:
        return self.connection.execute(statement(name), values or None).rowcount

    def _gather(self) -> None:
        self._analyze("case_claimed")
        self._run("lock_cases")
        self._analyze("case_concerned")
        self._run("gather")
        self._analyze("case_work")
        self._run("describe")

    def _analyze(self, *tables: str) -> None:
        """Let the planner see how little there is, in a drain that is planned anew: it would read all history else."""
        if self.is_fresh:
            self.connection.execute(f"analyze {_scratch(*tables)}")

    def _group(self) -> tuple[int, int]:
        """Give every new detection its case; return how many cases were opened, how many symptoms joined one."""
        joined = self._run("join_known") + self._join_explained()
        while found := self._run("join_causes"):
            joined += found + self._join_explained()
        opened = self._run("open_cases", all=False)
        joined += self._join_explained()
        opened += self._run("open_cases", all=True)
        self._run("keep_symptoms")
        return opened, joined

    def _merge(self) -> None:
        """Bring together cases that turn out to be one fault."""
        while self._run("find_mergers"):
            self._run("merge")

    def _join_explained(self) -> int:
        """Join symptoms of what stands in a case, then symptoms of those, until none is left."""
        joined = 0
        while found := self._run("join_explained"):
            joined += found
        return joined

    def _settle(self) -> int:
        """Let cases follow their leads and their questions lapse; return how many cases vanished."""
        self._run("choose_leads")
        self._run("follow_leads")
        self._run("note_leads")
        self._run("withdraw_questions")
        self._run("decide_anew")
        if again := [row[0] for row in self.connection.execute(statement("look_again")).fetchall()]:
            self._run("look_at_once", cases=again)
        return self._run("vanish")


def drain(connection: psycopg.Connection, limit: int = 1000) -> Drained:
    """One drain over a connection that makes no others (`Drains.drain`)."""
    return Drains(connection).drain(limit)


def _scratch(*tables: str) -> str:
    return ", ".join(f"pg_temp.{name}" for name in tables)
