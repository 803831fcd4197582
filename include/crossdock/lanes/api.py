"""What DAGs, the command line and tests call of the lanes."""

from __future__ import annotations

import time
from dataclasses import asdict

from crossdock.db.connect import connect
from crossdock.lanes import dbt, models
from crossdock.lanes.arrivals import drain_once
from crossdock.lanes.batch import batch_build
from crossdock.lanes.lane import Lane, Pass

__all__ = ["batch_build", "build_docs", "drain"]


def drain(*, seconds: float = 50.0, conninfo: str | None = None) -> dict[str, int]:
    """Work until nothing waits, or for `seconds`; then look at the deadlines. Return the counts of all passes."""
    total = Pass()
    until = time.monotonic() + seconds
    with connect("fast lane", conninfo=conninfo, autocommit=True) as connection:
        lane = Lane(connection, models.load())
        lane.on_pass = lambda done: _add(total, done)
        while drain_once(connection, lane) and time.monotonic() < until:
            pass
        while lane.due().detected and time.monotonic() < until:
            pass
    return asdict(total)


def _add(total: Pass, done: Pass) -> None:
    for name, count in asdict(done).items():
        setattr(total, name, getattr(total, name) + count)


def build_docs(*, conninfo: str | None = None) -> str:
    """Write dbt's documentation site; return its folder."""
    dbt.invoke(["docs", "generate", "--static"], conninfo=conninfo)
    return str(dbt.target_dir("all", "lane"))
