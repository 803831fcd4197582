"""Rounds of work: what arrived goes through the lane, and what the lane found becomes cases.

Lane and cases commit apart. Killed between them, the detections wait in ops.pending_detections for the next round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import psycopg

from crossdock.cases import api as cases
from crossdock.core import log
from crossdock.lanes.arrivals import drain_once
from crossdock.lanes.dbt import Model
from crossdock.lanes.lane import Lane, Pass

logger = log.get("worker")


class Rounds:
    """The rounds of one connection (autocommit on, used by nobody else); `counts` adds up what they did."""

    def __init__(self, work: psycopg.Connection, models: Sequence[Model]) -> None:
        self.work = work
        self.lane = Lane(work, models)
        self.lane.on_pass = self._add
        self.cases = cases.Drains(work)
        self.counts: Counter[str] = Counter(asdict(Pass()))

    def take(self) -> bool:
        """Do what waits, once; return whether there was anything."""
        arrived = drain_once(self.work, self.lane)
        return self._take_note() or arrived

    def look_at_deadlines(self) -> bool:
        """Look at the orders whose time has come; return whether an exception was found."""
        found = bool(self.lane.due().detected)
        return self._take_note() or found

    def _take_note(self) -> bool:
        """Let the cases follow the detections that wait; return whether there were any."""
        done = self.cases.drain()
        if done.claimed:
            counts = {f"cases_{name}": count for name, count in asdict(done).items()}
            self.counts.update(counts)
            logger.info("cases", **counts)
        return bool(done.claimed)

    def _add(self, done: Pass) -> None:
        self.counts.update(asdict(done))
