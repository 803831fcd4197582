"""The scratch tables of a lane's session: emptied and filled pass after pass, as its plans allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg

from crossdock.db.plans import Replanning
from crossdock.lanes.dbt import Model

MOST_DEAD = 20_000
"""Deleted rows in all scratch tables, after which they are truncated: nobody vacuums temporary tables."""
OWN = ("read_through", "claimed", "touched_objects", "touched_threads", "found", "due_now")
PLANNING = """
    set jit = off; set plan_cache_mode = force_generic_plan; set work_mem = '32MB'; set random_page_cost = 0.1
"""
"""What is touched is in memory, having just been written: 600 look-ups by key cost what reading 10,000 rows does. By
its default Postgres would read whole tables for a few keys, in plans that are kept while the tables grow."""
CREATE = (Path(__file__).parent / "sql" / "scratch.sql").read_text()


class Scratch(Replanning):
    """Temporary tables on one connection: those of the lane, and one for each staging model."""

    def __init__(self, connection: psycopg.Connection, staging: Sequence[Model]) -> None:
        super().__init__()
        self.connection = connection
        self.staging = [model.name for model in staging]
        self.filled: set[str] = set()
        self.dead = 0
        self.is_foul, self.is_known = True, False
        connection.prepare_threshold, connection.prepared_max = 1, None
        connection.execute(PLANNING)
        connection.execute(CREATE)
        for model in staging:
            connection.execute(f'create temp table if not exists "{model.name}" as {model.sql} with no data')

    def begin(self) -> None:
        """Empty every table, at the start of a pass."""
        if self.is_foul:
            self._truncate()
        else:
            self._delete(OWN)
            self.empty_staging()
        super().begin(anew=not self.is_known)

    def planned_for(self, count: int) -> None:
        """Say how many records or threads the pass is about, before anything is derived from them."""
        super().planned_for(count)
        if self.is_fresh and self.is_planned:
            self.connection.execute("discard plans")

    def ended(self, *, well: bool) -> None:
        """The pass is over: truncate the tables next time if they hold much, or who knows what."""
        self.is_foul = self.is_large or not well or self.dead > MOST_DEAD
        super().ended(well=well)

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

    def analyze_staging(self) -> None:
        """The same for all staging tables: now every table has been seen since it was truncated."""
        self.analyze(*self.staging)
        self.is_known = True

    def _delete(self, tables: Iterable[str]) -> None:
        for name in tables:
            self.dead += self.connection.execute(f'delete from pg_temp."{name}"').rowcount

    def _truncate(self) -> None:
        names = ", ".join(f'pg_temp."{name}"' for name in (*OWN, *self.staging))
        self.connection.execute(f"truncate {names}")
        self.filled.clear()
        self.dead, self.is_known = 0, False
