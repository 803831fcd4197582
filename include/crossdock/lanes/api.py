"""What DAGs, the command line and tests call of the lanes."""

from __future__ import annotations

import time
from dataclasses import asdict

from crossdock.db.connect import connect
from crossdock.lanes import dbt, models
from crossdock.lanes.lane import Lane, Pass
from crossdock.lanes.worker import drain_once


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


def batch_build(*, conninfo: str | None = None) -> dict[str, int]:
    """Rebuild everything beside what stands, apply the differences, test it all. Return nodes by status."""
    result = dbt.invoke(["build", "--exclude-resource-type", "unit_test"], conninfo=conninfo)
    counts: dict[str, int] = {}
    for node in result.result.results:
        counts[str(node.status)] = counts.get(str(node.status), 0) + 1
    return counts


def build_docs(*, conninfo: str | None = None) -> str:
    """Write dbt's documentation site; return its folder."""
    dbt.invoke(["docs", "generate", "--static"], conninfo=conninfo)
    return str(dbt.target_dir("all", "lane"))
