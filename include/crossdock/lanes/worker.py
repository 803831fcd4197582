"""The worker: reads what the inbox stored and runs the fast lane, woken by NOTIFY, in a process of its own.

It does what the Airflow DAG does every minute, at once. Kill it at any point: the queue rows of an unfinished pass are
still there. A pass that fails is tried again with a growing pause; the error is logged each time.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

import psycopg

from crossdock.core import log
from crossdock.db.connect import connect
from crossdock.landing.parse import parse_pending
from crossdock.lanes import models
from crossdock.lanes.lane import Lane

logger = log.get("lanes")
DUE_EVERY = 1.0  # seconds between looks at the deadlines
LONGEST_PAUSE = 30.0


class Worker:
    """Runs until `stop()`; `idle` tells whether the last round found nothing to do."""

    def __init__(self, conninfo: str | None = None) -> None:
        self.conninfo = conninfo
        self.stopping = False
        self.pause = 0.5

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Finish the pass at hand, then return from `run`."""
        self.stopping = True

    def run(self) -> None:
        """Work until stopped, over lost connections too."""
        while not self.stopping:
            try:
                self._session()
            except psycopg.Error as error:
                logger.error("pass failed, trying again", error=str(error), pause_seconds=self.pause)
                time.sleep(self.pause)
                self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def _session(self) -> None:
        compiled = models.load()
        with (
            connect("worker", conninfo=self.conninfo, autocommit=True) as work,
            connect("worker listen", conninfo=self.conninfo, autocommit=True) as ears,
        ):
            ears.execute("listen crossdock")
            lane = Lane(work, compiled)
            logger.info("worker ready", models=len(compiled))
            next_due = 0.0
            while not self.stopping:
                busy = drain_once(work, lane)
                if time.monotonic() >= next_due:
                    busy = bool(lane.due().detected) or busy
                    next_due = time.monotonic() + DUE_EVERY
                self.pause = 0.5
                if not busy:
                    _wait(ears, max(0.0, next_due - time.monotonic()))


def drain_once(work: psycopg.Connection, lane: Lane) -> bool:
    """Read waiting documents, run one pass; return whether there was anything."""
    read = parse_pending(work)
    done = lane.drain()
    if done.records or done.threads:
        logger.info(
            "pass",
            records=done.records,
            threads=done.threads,
            quarantined=done.quarantined,
            detected=done.detected,
            cleared=done.cleared,
        )
    return bool(read or done.records or done.threads)


def _wait(ears: psycopg.Connection, seconds: float) -> None:
    for _ in ears.notifies(timeout=seconds, stop_after=1):
        return


def serve() -> None:
    """Run a worker until SIGTERM or SIGINT."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()
