"""The front door alone: a real inbox process and an embedded Postgres with fsync on; no worker reads what it keeps.

    python tests/benchmarks/inbox/bench.py [--events 10000] [--rate 500] [--connections 16 64] [--json FILE]

Signed tracker webhooks of about a kilobyte, first at a steady rate, then as fast as they are taken. Every answer is a
200, and every 200 is counted in the database afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("CROSSDOCK_HOME", str(Path(tempfile.gettempdir()) / "crossdock-bench-home"))

from latency import load, world
from measure import tree_cpu

from crossdock.core.settings import settings
from crossdock.db import migrate
from crossdock.onboarding.load import sync
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server, create_product, free_port

CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))


@dataclass(frozen=True, slots=True)
class Figures:
    """One run. Seconds from when a webhook was due to its 200; CPU in milliseconds an event."""

    events: int
    per_second: float
    post_p50: float
    post_p99: float
    app_cpu_ms: float
    postgres_cpu_ms: float


@contextmanager
def inbox() -> Iterator[tuple[int, int, int, str]]:
    """Port and process id of an inbox, process id of its Postgres, DSN."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    folder.chmod(0o755)
    server = Server(folder, free_port(), "bench")
    server.init()
    postgres = server.start(folder / "log")
    process = None
    try:
        with psycopg.connect(server.superuser, autocommit=True) as admin:
            create_product(admin, "bench", dict.fromkeys((OWNER, *PRODUCT_ROLES), "bench"))
        migrate.upgrade(server.dsn("bench", OWNER, "bench"))
        app = server.dsn("bench", "crossdock_app", "bench")
        with psycopg.connect(app) as connection:
            sync(connection, settings().partner_dirs)
        environment = os.environ | {"CROSSDOCK_DSN": app, "CROSSDOCK_LOG_LEVEL": "WARNING"}
        for conn_id in ("easypost", "shop_main", "wms_main", "sap_main", "acme_edi", "zendesk"):
            given = {"conn_type": "http", "host": "http://127.0.0.1:1", "extra": {"webhook_secret": load.SECRET}}
            environment[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(given)
        port = free_port()
        process = subprocess.Popen([CROSSDOCK, "inbox", "--port", str(port)], env=environment)
        load.wait_for(f"http://127.0.0.1:{port}/health")
        yield port, process.pid, server.pid(), app
    finally:
        if process:
            process.terminate()
            process.wait(30)
        server.stop()
        postgres.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def run(events: int, rate: float, connections: list[int]) -> dict[str, dict]:
    """Figures by name of the run. Raises AssertionError where a 200 is not in the database."""
    with inbox() as (port, app, postgres, dsn):
        sent, found = 0, {}
        runs = [("warm-up", None, 16, 200), (f"{rate:g}/s", rate, 16, events)]
        runs += [(f"flat out, {n} connections", None, n, events) for n in connections]
        for name, pace, at_once, count in runs:
            requests = [load.request(world.push(1, sent + n, late=False)) for n in range(count)]
            found[name] = asdict(_measure(port, (app, postgres), requests, pace, at_once))
            sent += count
        with psycopg.connect(dsn) as connection:
            kept = connection.execute(
                "select count(*) from raw.documents join raw.pending_documents using (document_id)"
            )
            assert kept.fetchone() == (sent,)
        return found


def _measure(
    port: int, processes: tuple[int, int], requests: list[bytes], pace: float | None, connections: int
) -> Figures:
    before = [tree_cpu(pid) for pid in processes]
    began = time.monotonic()
    sent = load.send(port, requests, pace, connections)
    took = time.monotonic() - began
    app, postgres = (1000 * (tree_cpu(pid) - then) / len(sent) for pid, then in zip(processes, before, strict=True))
    posts = sorted(each.seconds for each in sent)
    return Figures(len(sent), len(sent) / took, posts[len(posts) // 2], posts[len(posts) * 99 // 100], app, postgres)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures = json.dumps(run(given.events, given.rate, given.connections), indent=1)
    print(figures)
    if given.json:
        given.json.write_text(figures)


if __name__ == "__main__":
    main()
