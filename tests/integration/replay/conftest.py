"""Orders under way, and everything that stands in a database, to be compared."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from benchmarks.latency import world
from crossdock.connectors.base import Page
from crossdock.db.connect import connect
from crossdock.landing.feeds import feed
from crossdock.landing.store import store_document
from crossdock.worker import api as worker

SCHEMAS = ("raw", "ref", "ops", "canonical")
OWN = ("lane_runs", "touched_threads", "replays")
"""Where a replay that changed nothing leaves its mark: that it was there."""


def contents(dsn: dict[str, str], *, but: tuple[str, ...] = ()) -> dict[str, list]:
    """A hash of every row of every table of the product."""
    with psycopg.connect(dsn["auditor"], options="-c TimeZone=UTC") as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", [list(SCHEMAS)]
        ).fetchall()
        return {
            f"{schema}.{table}": [
                row[0] for row in connection.execute(f'select md5(t::text) from "{schema}"."{table}" as t order by 1')
            ]
            for schema, table in tables
            if table not in but
        }


def difference(before: dict[str, list], after: dict[str, list]) -> list[str]:
    """The tables that are not what they were."""
    return [name for name in before if before[name] != after[name]]


def rows(dsn: dict[str, str], sql: str, *values: object) -> list[tuple]:
    """Ask the product's database, as the auditor."""
    with psycopg.connect(dsn["auditor"], options="-c TimeZone=UTC") as connection:
        return connection.execute(sql, values or None).fetchall()


def remap(dsn: dict[str, str], kind: str, theirs: str, ours: str) -> None:
    """A code was mapped wrongly all along: somebody corrects the map itself."""
    with psycopg.connect(dsn["owner"]) as connection:
        done = connection.execute(
            "update ref.code_map set our_code = %s where kind = %s and their_code = %s", [ours, kind, theirs]
        )
        assert done.rowcount


def receive(connection: psycopg.Connection, partner_id: str, name: str, content: bytes) -> None:
    """Something came in: its bytes are kept and wait to be read."""
    with connection.transaction():
        chosen = feed(connection, partner_id, name)
        stored = store_document(connection, chosen.feed_id, Page(content, "text/plain", "test"), correlation_id="test")
        connection.execute("insert into raw.pending_documents values (%s)", [stored.document_id])


ORDERS, LATE = 30, 3


@pytest.fixture
def trading(modelled) -> Iterator[dict[str, str]]:
    """Thirty orders under way, three of them late, with their cases: DSN by role."""
    world.fill(modelled, ORDERS)
    with connect("test", conninfo=modelled["app"], autocommit=True) as connection:
        for number in range(1, LATE + 1):
            receive(connection, "easypost", "trackers", world.push(number, 1, late=True))
    worker.drain(seconds=60, conninfo=modelled["app"])
    return modelled
