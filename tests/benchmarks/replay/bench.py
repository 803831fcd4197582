"""Replaying known events: twice over, nothing may change. What does it cost, and how long is the lane held?

    python tests/benchmarks/replay/bench.py [--events 100000] [--batch 400]

The world is orders of eight events each: shop order, sales order, delivery and five versions of a tracker. A dry run
after the two replays sees a corrected map, and names the rows that would change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("CROSSDOCK_HOME", str(Path(tempfile.gettempdir()) / "crossdock-bench-home"))

from latency import world
from measure import tree_cpu

from crossdock.connectors.base import Page, connector_for
from crossdock.core import log
from crossdock.db import migrate
from crossdock.db.connect import connect
from crossdock.landing.feeds import feed
from crossdock.landing.store import land_records, store_document
from crossdock.lanes import models
from crossdock.replay import api
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server, create_product, free_port
from crossdock.worker import api as worker

PUSHES = 4
"""Further versions of each tracker: with its first and the rest of its order, eight events."""
EVENTS_AN_ORDER = 4 + PUSHES
WHERE = ("partner=shop-main", "partner=sap-main", "partner=easypost")
EFFECTS = ("ops.outbound_documents", "ops.actions", "ops.cases", "ops.detections", "ops.quarantine")


@contextmanager
def product() -> Iterator[tuple[dict[str, str], int]]:
    """A migrated, modelled product database on a server of its own: DSN by role, and the server's process id."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    folder.chmod(0o755)
    server = Server(folder, free_port(), "bench")
    server.init()
    process = server.start(folder / "log")
    try:
        with psycopg.connect(server.superuser, autocommit=True) as admin:
            create_product(admin, "bench", dict.fromkeys((OWNER, *PRODUCT_ROLES), "bench"))
        dsn = {r.removeprefix("crossdock_"): server.dsn("bench", r, "bench") for r in (OWNER, *PRODUCT_ROLES)}
        migrate.upgrade(dsn["owner"])
        models.build(conninfo=dsn["dbt"])
        yield dsn, process.pid
    finally:
        server.stop()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def fill(dsn: dict[str, str], orders: int) -> None:
    """Orders with all their events, derived; one in twenty ends late and has its case."""
    world.fill(dsn, orders)
    with connect("bench", conninfo=dsn["app"], autocommit=True) as connection:
        chosen = feed(connection, "easypost", "trackers")
        connector = connector_for(chosen.system_type)
        for start in range(1, orders + 1, 500):
            with connection.transaction():
                documents = []
                for number in range(start, min(start + 500, orders + 1)):
                    for version in range(1, PUSHES + 1):
                        content = world.push(number, version, late=number % 20 == 0)
                        page = Page(content, "application/json", "bench")
                        stored = store_document(connection, chosen.feed_id, page, correlation_id="bench")
                        documents.append((stored.document_id, list(connector.records(chosen.kind, content))))
                land_records(connection, chosen.feed_id, documents)
    worker.drain(seconds=36_000, conninfo=dsn["app"])


def effects(dsn: dict[str, str]) -> dict[str, tuple]:
    """What the product has decided, found, sent and owes: a hash a table."""
    rows = "string_agg(t::text, '' order by t::text)"
    with psycopg.connect(dsn["auditor"], options="-c TimeZone=UTC") as connection:
        return {
            name: connection.execute(f"select count(*) || ' ' || coalesce(md5({rows}), '') from {name} as t").fetchone()
            for name in EFFECTS
        }


def measure(events: int, batch: int) -> list[dict]:
    """Two replays and a dry run; seconds by the wall, CPU seconds of ours and of Postgres. Asserts that none acts."""
    orders = max(1, events // EVENTS_AN_ORDER)
    found = []
    with product() as (dsn, pid):
        fill(dsn, orders)
        before = effects(dsn)
        for name in ("first replay", "second replay"):
            found.append(_timed(name, pid, lambda: api.replay(WHERE, by="bench", at_once=batch, conninfo=dsn["app"])))
            assert not any(found[-1]["counts"].values()), found[-1]["counts"]
            assert effects(dsn) == before
        with psycopg.connect(dsn["owner"]) as connection:
            connection.execute(
                "update ref.code_map set our_code = 'USPS' where kind = 'carrier' and their_code = 'UPS'"
            )
        found.append(
            _timed("dry run, map corrected", pid, lambda: api.preview(WHERE, at_once=batch, conninfo=dsn["app"]))
        )
        assert found[-1]["counts"]["rows"] >= orders
        assert effects(dsn) == before
    return found


def _timed(name: str, postgres: int, call) -> dict:
    own, theirs, began = time.process_time(), tree_cpu(postgres), time.monotonic()
    report = call()
    return {
        "what": name,
        "records": report.records,
        "batches": report.batches,
        "seconds": time.monotonic() - began,
        "own_cpu": time.process_time() - own,
        "postgres_cpu": tree_cpu(postgres) - theirs,
        "longest_hold": report.longest_hold_seconds,
        "counts": report.effects.counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=400)
    given = parser.parse_args()
    log.configure()
    print(f"{'what':24} {'records':>8} {'batches':>8} {'s':>7} {'own CPU':>8} {'pg CPU':>8} {'held s':>7} changes")
    for f in measure(given.events, given.batch):
        changes = {name: count for name, count in f["counts"].items() if count}
        print(
            f"{f['what']:24} {f['records']:8} {f['batches']:8} {f['seconds']:7.1f} {f['own_cpu']:8.1f} "
            f"{f['postgres_cpu']:8.1f} {f['longest_hold']:7.2f} {changes or 'none'}"
        )


if __name__ == "__main__":
    main()
