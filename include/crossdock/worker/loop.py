"""The worker: reads what the inbox stored, runs the fast lane, opens cases; woken by NOTIFY, a process of its own.

It does what the Airflow DAG does every minute, at once. Kill it at any point: the queue rows of an unfinished round are
still there. A round that fails is tried again with a growing pause; the error is logged each time.
"""

from __future__ import annotations

import signal
import time
from types import FrameType

import psycopg

from crossdock.core import log
from crossdock.db.connect import connect
from crossdock.lanes import models
from crossdock.worker.rounds import Rounds

logger = log.get("worker")
DUE_EVERY = 1.0  # seconds between looks at the deadlines
LONGEST_PAUSE = 30.0


class Worker:
    """Runs until `stop()`, over lost connections too."""

    def __init__(self, conninfo: str | None = None) -> None:
        self.conninfo = conninfo
        self.stopping = False
        self.pause = 0.5

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Finish the round at hand, then return from `run`."""
        self.stopping = True

    def run(self) -> None:
        """Work until stopped, over lost connections too."""
        while not self.stopping:
            try:
                self._session()
            except psycopg.Error as error:
                logger.error("round failed, trying again", error=str(error), pause_seconds=self.pause)
                time.sleep(self.pause)
                self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def _session(self) -> None:
        compiled = models.load()
        with (
            connect("worker", conninfo=self.conninfo, autocommit=True) as work,
            connect("worker listen", conninfo=self.conninfo, autocommit=True) as ears,
        ):
            ears.execute("listen crossdock")
            rounds = Rounds(work, compiled)
            logger.info("worker ready", models=len(compiled))
            next_due = 0.0
            while not self.stopping:
                busy = rounds.take()
                if time.monotonic() >= next_due:
                    busy = rounds.look_at_deadlines() or busy
                    next_due = time.monotonic() + DUE_EVERY
                self.pause = 0.5
                if not busy:
                    _wait(ears, max(0.0, next_due - time.monotonic()))


def _wait(ears: psycopg.Connection, seconds: float) -> None:
    for _ in ears.notifies(timeout=seconds, stop_after=1):
        return


def serve() -> None:
    """Run a worker until SIGTERM or SIGINT."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()
