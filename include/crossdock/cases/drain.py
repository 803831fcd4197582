"""From detections that wait to cases that stand, in one transaction.

    claim → gather → join or open → merge → note → lead → return → withdraw → look again → vanish

A detection joins the living case of its order in which its cause stands, or which it explains, or opens a case. One
drain works at a time, over the cases concerned and no other, so that its cost follows what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from crossdock.db.plans import Replanning

SQL = Path(__file__).parent / "sql"
TABLES = ("case_claimed", "case_concerned", "case_work", "case_leads")
LOCK = "select pg_advisory_xact_lock(hashtextextended('crossdock cases', 0))"
WAITING = "select exists (select from ops.pending_detections)"


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


class Drains(Replanning):
    """The drains of one connection, which share its scratch tables and, while they are small, their plans."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__()
        self.connection = connection

    def drain(self, limit: int = 1000) -> Drained:
        """Take note of up to `limit` detections that opened, changed or cleared; return what became of the cases.

        Wakes who listens to `crossdock` when a case changed. Killed or failed, it leaves everything waiting.
        """
        try:
            with self.connection.transaction():
                self.connection.execute(LOCK)
                if not self.connection.execute(WAITING).fetchone()[0]:
                    return Drained()
                done = self._take(limit)
        except BaseException:
            self.ended(well=False)
            raise
        self.ended(well=True)
        return done

    def _take(self, limit: int) -> Drained:
        self.begin(anew=self._is_without_tables())
        self._empty()
        claimed = self._run("claim", limit=limit)
        self.planned_for(claimed)
        done = self._follow(claimed)
        if done.changed:
            self.connection.execute("select pg_notify('crossdock', 'cases')")
        return done

    def _is_without_tables(self) -> bool:
        """Whether this session (or a transaction that was rolled back) has made no scratch tables."""
        return self.connection.execute("select to_regclass('pg_temp.case_leads')").fetchone()[0] is None

    def _empty(self) -> None:
        if self.is_fresh:
            self.connection.execute(statement("scratch"))
            self.connection.execute(f"truncate {_scratch(*TABLES)}")
            return
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
