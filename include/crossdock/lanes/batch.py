"""The batch lane: dbt itself, with its tests, over what was touched or over everything.

Touched (each hour): the threads that the fast lane made anew are made once more by dbt and every test runs. Full (each
night): everything is computed beside what stands, the differences are counted in ops.lane_drift and applied.
"""

from __future__ import annotations

from collections import Counter

from crossdock.core.settings import settings
from crossdock.db.connect import connect
from crossdock.lanes import dbt
from crossdock.lanes.lane import LOCK, statement


def batch_build(*, full: bool = False, conninfo: str | None = None) -> dict[str, int]:
    """Run dbt build; return nodes by status. Raises BuildFailed when a model or one of our invariants fails.

    `conninfo` is of the role crossdock_dbt (default: CROSSDOCK_DBT_DSN).
    """
    scope = "all" if full else "touched"
    if not full:
        _take_touched(conninfo)
    words = ["build", "--no-write-json", "--exclude-resource-type", "unit_test"]  # the docs write their own manifest
    result = dbt.invoke(words, scope=scope, conninfo=conninfo)
    if not full:
        _forget_touched(conninfo)
    return dict(Counter(str(node.status) for node in result.result.results))


def _take_touched(conninfo: str | None) -> None:
    """Move the touched threads and their objects to the batch lane's own scratch tables."""
    with connect("batch lane", conninfo=conninfo or settings().dbt_dsn) as connection:
        connection.execute(LOCK)
        connection.execute(statement("batch_scratch"))
        connection.execute("set local search_path = lane")
        connection.execute(statement("touch_family"))
        connection.execute("analyze touched_threads, touched_objects")


def _forget_touched(conninfo: str | None) -> None:
    """The build held: its threads need no other."""
    with connect("batch lane", conninfo=conninfo or settings().dbt_dsn) as connection:
        connection.execute("truncate lane.touched_threads")
