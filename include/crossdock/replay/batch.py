"""One batch in one transaction, kept or rolled back: the lane's own pass, the cases, and what both of them changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psycopg

from crossdock.cases import api as cases
from crossdock.cases.drain import LOCK as CASES_LOCK
from crossdock.lanes.dbt import Model
from crossdock.lanes.lane import LOCK, Lane
from crossdock.replay import messages
from crossdock.replay.batches import Batch
from crossdock.replay.documents import read_again
from crossdock.replay.effects import Effects
from crossdock.replay.rows import Canonical

SQL = Path(__file__).parent / "sql"
TRIES = 3
"""Times that a batch is begun, where somebody else held what it needs the other way round."""
HOLD = "select set_config('crossdock.holds_documents', %s, true)"
NEW_DOCUMENTS = """
    select outbound_document_id, partner_id, idempotency_key from ops.outbound_documents
    where outbound_document_id > %s and idempotency_key = any(%s)
"""
WAKES = ("open", "reopened")


@cache
def statement(name: str) -> str:
    """The text of one file under sql/."""
    return (SQL / f"{name}.sql").read_text()


@dataclass(slots=True)
class Done:
    """What a batch did. `touched` are the cases it concerns, `woken` those that would now be decided."""

    effects: Effects = field(default_factory=Effects)
    touched: list[int] = field(default_factory=list)
    woken: list[int] = field(default_factory=list)
    new_documents: list[int] = field(default_factory=list)
    held_seconds: float = 0.0


class Batches:
    """Runs batches on `work`; `eyes` sees from outside what is committed. Both are autocommit, and nobody else's."""

    def __init__(self, work: psycopg.Connection, eyes: psycopg.Connection, models: Sequence[Model], *, acts: bool):
        self.work, self.eyes, self.acts = work, eyes, acts
        self.lane = Lane(work, models, name="replay")
        self.canonical = Canonical(eyes, [*self.lane.links, *self.lane.canonical])

    def run(self, batch: Batch, keep: Callable[[Done], None] | None) -> Done:
        """Do it; `keep` writes down what was done before it is committed. None: it is rolled back, without a trace.

        What `keep` raises undoes the batch. The lane is held meanwhile: `held_seconds`.
        """
        for _ in range(TRIES - 1):
            with suppress(psycopg.errors.DeadlockDetected):
                return self._once(batch, keep)
        return self._once(batch, keep)

    def _once(self, batch: Batch, keep: Callable[[Done], None] | None) -> Done:
        done = Done()
        with self._transaction(done, is_kept=keep is not None):
            self._take_note()  # of what others have found: it is none of ours
            marks = self.work.execute(statement("marks")).fetchone()
            records = list(batch.records)
            if batch.documents:
                objects, rest = batch.objects, batch.is_rest
                records += read_again(self.work, batch.documents, objects, others=rest)
            self.lane.again(records)
            self._take_note()
            self._observe(done, batch, records, *marks)
            if keep:
                keep(done)
        return done

    @contextmanager
    def _transaction(self, done: Done, *, is_kept: bool):
        """Lane and cases are ours until its end."""
        self.lane.scratch.is_fresh = True
        with self.work.transaction(force_rollback=not is_kept):
            self.work.execute(LOCK)
            began = time.monotonic()
            self.work.execute(CASES_LOCK)
            self.work.execute(HOLD, ["off" if self.acts else "on"])
            yield
        done.held_seconds = time.monotonic() - began

    def _take_note(self) -> None:
        while cases.drain(self.work).claimed:
            pass

    def _observe(self, done: Done, batch: Batch, records: list[int], events: int, documents: int) -> None:
        threads = [row[0] for row in self.work.execute("select thread_id from pg_temp.touched_threads")]
        objects = self.work.execute("select feed_id, native_id from pg_temp.touched_objects").fetchall()
        objects = sorted({*objects, *self._claimed(records)})
        found = {
            "rows": list(self.canonical.changes(self.work, self.eyes, threads, objects)),
            "quarantine": self._quarantine(objects, batch.documents),
            "detections": self._detections(threads),
            "documents": list(messages.documents(self.work, records, documents)),
            "cases": self._cases(done, events),
        }
        found["actions"] = list(messages.actions(self.work, done.woken))
        for kind, items in self._steady(done, found, documents).items():
            done.effects.note(kind, items)

    def _claimed(self, records: list[int]) -> list[tuple[int, str]]:
        return self.work.execute(
            "select distinct feed_id, native_id from raw.records where record_id = any(%s)", [records]
        ).fetchall()

    def _both(self, name: str, values: dict) -> tuple[set, set]:
        """What a question is answered inside the batch, and outside."""
        now, then = (set(c.execute(statement(name), values).fetchall()) for c in (self.work, self.eyes))
        return now, then

    def _quarantine(self, objects: list[tuple[int, str]], documents: Sequence[int]) -> list[dict]:
        feeds, natives = [feed for feed, _ in objects], [native for _, native in objects]
        now, then = self._both("quarantine", {"feeds": feeds, "natives": natives, "documents": list(documents)})
        names = ("partner", "feed", "native_id", "document", "part", "rule", "field", "value")
        return [
            {"change": change, **dict(zip(names, row, strict=True))}
            for change, rows in (("sets aside", now - then), ("lets go", then - now))
            for row in sorted(rows, key=str)
        ]

    def _detections(self, threads: list[str]) -> list[dict]:
        now, then = self._both("detections", {"threads": threads})
        after, before = ({row[:3]: row[3] for row in rows} for rows in (now, then))
        changes = {key: "opens" if key not in before else "clears" for key in after.keys() ^ before.keys()}
        changes |= {key: "changes" for key in after.keys() & before.keys() if after[key] != before[key]}
        return [
            {"change": change, "code": code, "subject": subject, "order": order}
            for (code, subject, order), change in sorted(changes.items(), key=str)
        ]

    def _cases(self, done: Done, after: int) -> list[dict]:
        """Moves of cases that nobody but us has seen yet."""
        rows = self.work.execute(statement("case_events"), {"events": after}).fetchall()
        seen = {row[0] for row in self.eyes.execute(statement("case_events"), {"events": after})}
        ours = [row for row in rows if row[0] not in seen]
        done.touched = sorted({row[1] for row in ours})
        last = {row[1]: row[3] for row in ours if row[3]}
        done.woken = sorted(case_id for case_id, state in last.items() if state in WAKES)
        names = ("case_id", "change", "to_state", "code", "subject", "order", "title")
        return [dict(zip(names, row[1:], strict=True)) for row in ours if row[3]]

    def _steady(self, done: Done, found: dict[str, list[dict]], after: int) -> dict[str, list[dict]]:
        """Documents that are new are named by what they answer: their numbers are others in another run."""
        keys = [item["key"] for item in found["documents"]]
        made = self.work.execute(NEW_DOCUMENTS, [after, keys]).fetchall() if keys else []
        done.new_documents = [row[0] for row in made]
        if not made:
            return found
        text = json.dumps(found, default=str)
        for document_id, partner_id, key in made:
            text = text.replace(f'"{partner_id}/edi_out/{document_id}"', f'"{partner_id}/edi_out/{key}"')
        return json.loads(text)
