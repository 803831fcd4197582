"""One pass of a lane: from records that wait to detections that stand, in one transaction.

    claim → judge → links → threads → staging → canonical → exceptions → detections

A pass looks at whole threads (an order and everything that was ever said of it) and at nothing else, so that its cost
follows what was touched and never the history. Passes exclude each other by the lane lock; each sees one business time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psycopg

from crossdock import contracts
from crossdock.core import clock
from crossdock.lanes.dbt import Model
from crossdock.lanes.scratch import Scratch

SQL = Path(__file__).parent / "sql"
LOCK = "select pg_advisory_xact_lock(hashtext('crossdock lane'))"
FOUND = (
    "exception_code, subject_id, thread_id, order_id, partner_id, warehouse_code, carrier_code, since_at, due_at, "
    "waits_for, evidence"
)


@dataclass(slots=True)
class Pass:
    """What one pass did; all counts."""

    records: int = 0
    threads: int = 0
    quarantined: int = 0
    detected: int = 0
    cleared: int = 0


@cache
def statement(name: str) -> str:
    """The text of one file under sql/."""
    return (SQL / f"{name}.sql").read_text()


class Lane:
    """The models of one compilation, run over touched keys on one connection (autocommit on, used by nobody else)."""

    def __init__(self, connection: psycopg.Connection, models: Sequence[Model], name: str = "fast") -> None:
        self.connection = connection
        self.name = name
        self.on_pass: Callable[[Pass], None] = lambda done: None
        self.staging = [m for m in models if m.schema == "staging"]
        self.links = [m for m in models if m.materialized == "threaded" and m.keyed_by != ("thread_id",)]
        self.canonical = [
            m
            for m in models
            if m.materialized == "threaded" and m.keyed_by == ("thread_id",) and m.schema == "canonical"
        ]
        self.linked = [m for m in self.staging if any(re.search(rf"\b{m.name}\b", link.sql) for link in self.links)]
        self.exceptions = [m for m in models if m.schema == "exceptions" and m.name.startswith("exc_")]
        self.scratch = Scratch(connection, self.staging)

    def drain(self, limit: int = 1000) -> Pass:
        """Take up to `limit` waiting records, and as many waiting threads, through the whole flow."""
        done = Pass()
        with _transaction(self, done) as as_of:
            self._run("see_read_through")
            done.records = self._run("claim", limit=limit)
            if done.records < limit:
                self._run("note_derived")
            waiting = self._run("touch_pending", limit=limit)
            if not done.records + waiting:
                return done
            self.scratch.planned_for(done.records + waiting)
            if done.records:
                self._judge(done)
                self._touch_claimed()
            self._derive()
            self._detect(done, as_of)
        return done

    def again(self, records: Sequence[int]) -> Pass:
        """Judge these records again, whether they wait or not, and make the threads that they touch anew."""
        done = Pass()
        with _transaction(self, done) as as_of:
            done.records = self._run("claim_again", records=list(records))
            self.scratch.planned_for(done.records)
            self._judge(done)
            self._touch_claimed()
            self._derive()
            self._detect(done, as_of)
        return done

    def due(self, limit: int = 1000) -> Pass:
        """Look again at the threads whose deadline has passed, and at partners in trouble."""
        done = Pass()
        with _transaction(self, done) as as_of:
            self._run("see_read_through")
            if not self._is_waiting():
                self._run("note_derived")
            self._run("touch_due", limit=limit, as_of=as_of)
            self._run("touch_troubled")
            self.scratch.planned_for(self._count(done))
            self._detect(done, as_of)
        return done

    def rejudge(self, threads: Sequence[str]) -> Pass:
        """Make these threads anew from everything that is known of them."""
        done = Pass()
        with _transaction(self, done) as as_of:
            self.connection.execute("insert into pg_temp.touched_threads select unnest(%s::text[])", [list(threads)])
            self.scratch.planned_for(self._count(done))
            self._derive()
            self._detect(done, as_of)
        return done

    # -- the steps ------------------------------------------------------------------------------------------------

    def _run(self, name: str, **values: object) -> int:
        return self.connection.execute(statement(name), values or None).rowcount

    def _is_waiting(self) -> bool:
        return self.connection.execute("select exists (select from raw.pending_records)").fetchone()[0]

    def _count(self, done: Pass) -> int:
        done.threads = self.connection.execute("select count(*) from pg_temp.touched_threads").fetchone()[0]
        return done.threads

    def _judge(self, done: Pass) -> None:
        feeds = [row[0] for row in self.connection.execute("select distinct feed_id from pg_temp.claimed order by 1")]
        done.quarantined = contracts.judge(self.connection, feeds) + self._answer()

    def _answer(self) -> int:
        """Write down what we owe for EDI that was just judged; return how many records were duplicates."""
        received = [row[0] for row in self.connection.execute(statement("received_edi"))]
        if not received:
            return 0
        from crossdock.edi import api as edi  # brings an SSH library, which most passes do not need

        duplicates = edi.judge_duplicates(self.connection, received)
        edi.acknowledge(self.connection, received)
        return duplicates

    def _touch_claimed(self) -> None:
        """From the arrived objects to their threads, before and after their links are renewed."""
        self._run("touch_claimed")
        self._run("touch_threads")
        self._stage(self.linked)
        for model in self.links:
            self._renew(model, "touched_objects")
        self._run("touch_threads")
        self._run("touch_quarantined")

    def _derive(self) -> None:
        self._run("touch_family")
        self.scratch.analyze("touched_objects", "touched_threads")
        self._stage(self.staging)
        for model in self.canonical:
            self._renew(model, "touched_threads")
        self._run("remember_touched")

    def _stage(self, models: Sequence[Model]) -> None:
        """Fill the scratch tables of these models, where their feed types are at hand; all others are empty."""
        present = {row[0] for row in self.connection.execute("select distinct feed_type from pg_temp.touched_objects")}
        self.scratch.empty_staging()
        for model in models:
            if model.feed_types & present:
                self.scratch.fill(model.name, model.sql)
        self.scratch.analyze_staging()

    def _renew(self, model: Model, keys: str) -> None:
        match = " and ".join(f't."{column}" = k."{column}"' for column in model.keyed_by)
        self.connection.execute(f"delete from {model.relation} as t using pg_temp.{keys} as k where {match}")
        self.connection.execute(f"insert into {model.relation} {model.sql}")

    def _detect(self, done: Pass, as_of: datetime) -> None:
        if not self._count(done):
            return
        self.scratch.analyze("touched_threads")
        for model in self.exceptions:
            self.connection.execute(f"insert into pg_temp.found ({FOUND}) select {FOUND} from ({model.sql}) as rows")
        self._run("due_now", as_of=as_of)
        done.cleared = self._run("clear_detections", as_of=as_of)
        done.detected = self.connection.execute(
            statement("open_detections"), {"as_of": as_of, "lane": self.name}
        ).fetchone()[0]
        self._run("clear_due_times")
        self._run("set_due_times")


@contextmanager
def _transaction(lane: Lane, done: Pass) -> Iterator[datetime]:
    """The frame of a pass: lock, one business time, empty scratch tables, a row in ops.lane_runs, a wake-up.

    The pass went well once it is committed: of any other, the scratch tables hold what they held before it.
    """
    started_at, is_committed = datetime.now(UTC), False
    connection = lane.connection
    try:
        with connection.transaction():
            connection.execute(LOCK)
            lane.scratch.begin()
            as_of = clock.read(connection)
            connection.execute("select set_config('crossdock.as_of', %s, true)", [as_of.isoformat()])
            yield as_of
            if done.records or done.threads:
                _record(lane, done, as_of, started_at)
        is_committed = True
    finally:
        lane.scratch.ended(well=is_committed)
        lane.on_pass(done)


def _record(lane: Lane, done: Pass, as_of: datetime, started_at: datetime) -> None:
    lane.connection.execute(
        """
        insert into ops.lane_runs (lane, records_count, threads_count, quarantined_count, detected_count,
            cleared_count, as_of, started_at, finished_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
        """,
        [
            lane.name,
            done.records,
            done.threads,
            done.quarantined,
            done.detected,
            done.cleared,
            as_of,
            started_at,
        ],
    )
    if done.detected or done.cleared:
        lane.connection.execute("select pg_notify('crossdock', 'detections')")
