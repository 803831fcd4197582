"""What DAGs and the command line call: the worker's rounds until nothing waits."""

from __future__ import annotations

import time

from crossdock.db.connect import connect
from crossdock.lanes import models
from crossdock.worker.rounds import Rounds

__all__ = ["drain"]


def drain(*, seconds: float = 50.0, conninfo: str | None = None) -> dict[str, int]:
    """Work until nothing waits, or for `seconds`, then look at the deadlines. Return the counts of passes and cases."""
    until = time.monotonic() + seconds
    with connect("fast lane", conninfo=conninfo, autocommit=True) as connection:
        rounds = Rounds(connection, models.load())
        while rounds.take() and time.monotonic() < until:
            pass
        while rounds.look_at_deadlines() and time.monotonic() < until:
            pass
    return dict(rounds.counts)
