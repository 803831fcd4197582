"""The scratch tables of a lane's session, and when their plans are made anew.

Planning a pass costs ten times what running it over a few orders does. A small pass therefore reuses the plans of an
earlier small one: its scratch tables are emptied by DELETE and not analysed, since TRUNCATE and ANALYZE both discard
plans. A large pass, the pass after it, and the first one of each minute start afresh: the tables have grown by then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg

from crossdock.lanes.dbt import Model

SMALL = 100
"""Records of a drain, or threads of another pass, up to which it may use an earlier one's plans."""
PLANS_KEPT = 60.0
"""Seconds; the tables that a lane writes may be ten times as large a minute later."""
MOST_DEAD = 20_000
"""Deleted rows in all scratch tables, after which they are truncated: nobody vacuums temporary tables."""
OWN = ("read_through", "claimed", "touched_objects", "touched_threads", "found", "due_now")
CREATE = (Path(__file__).parent / "sql" / "scratch.sql").read_text()


class Scratch:
    """Temporary tables on one connection: those of the lane, and one for each staging model."""

    def __init__(self, connection: psycopg.Connection, staging: Sequence[Model]) -> None:
        self.connection = connection
        self.staging = [model.name for model in staging]
        self.is_fresh, self.is_large = True, False
        self.filled: set[str] = set()
        self.dead = 0
        self.replan_at = 0.0
        connection.prepare_threshold, connection.prepared_max = 1, None
        connection.execute("set jit = off; set plan_cache_mode = force_generic_plan; set work_mem = '32MB'")
        connection.execute(CREATE)
        for model in staging:
            connection.execute(f'create temp table if not exists "{model.name}" as {model.sql} with no data')

    def begin(self) -> None:
        """Empty every table, at the start of a pass."""
        now = time.monotonic()
        if self.is_fresh or now >= self.replan_at or self.dead > MOST_DEAD:
            self.is_fresh, self.replan_at = True, now + PLANS_KEPT
            self._truncate()
        else:
            self._delete(OWN)
            self.empty_staging()

    def planned_for(self, count: int) -> None:
        """Say how many records or threads the pass is about, before anything is derived from them."""
        self.is_large = count > SMALL
        self.is_fresh = self.is_fresh or self.is_large
        if self.is_fresh:
            self.connection.execute("discard plans")

    def ended(self, *, well: bool) -> None:
        """The pass is over. What a failed one has left behind was rolled back, and is not known."""
        self.is_fresh, self.is_large = self.is_large or not well, False

    def fill(self, table: str, sql: str) -> None:
        """Insert the rows of `sql` into a staging table that is empty."""
        if self.connection.execute(f'insert into pg_temp."{table}" {sql}').rowcount:
            self.filled.add(table)

    def empty_staging(self) -> None:
        """Empty the staging tables that hold anything."""
        self._delete(self.filled)
        self.filled.clear()

    def analyze(self, *tables: str) -> None:
        """Let the planner see these tables, in a pass that is planned anew."""
        if self.is_fresh and tables:
            self.connection.execute("analyze " + ", ".join(f'pg_temp."{name}"' for name in tables))

    def _delete(self, tables: Iterable[str]) -> None:
        for name in tables:
            self.dead += self.connection.execute(f'delete from pg_temp."{name}"').rowcount

    def _truncate(self) -> None:
        names = ", ".join(f'pg_temp."{name}"' for name in (*OWN, *self.staging))
        self.connection.execute(f"truncate {names}")
        self.filled.clear()
        self.dead = 0
