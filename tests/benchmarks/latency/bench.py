"""From a pushed event to a committed exception and its case: a real inbox and worker, embedded Postgres, fsync on.

    python tests/benchmarks/latency/bench.py [--orders 3000] [--seconds 10] [--rates 100 500] [--json FILE]

Each order is a shop order, a sales order, a delivery and a tracker. Every webhook is a signed new version of a tracker;
one in five moves the estimated delivery beyond the promise and must become an exception with a case. An event's time
runs from the moment it was due to be sent to the commit of the detection, and of the case's first event
(track_commit_timestamp).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("CROSSDOCK_HOME", str(Path(tempfile.gettempdir()) / "crossdock-bench-home"))

from latency import load, world
from measure import tree_cpu

from crossdock.db import migrate
from crossdock.lanes import models
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server, create_product, free_port

CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))
COMMITTED = """
    select d.order_id,
        min(extract(epoch from pg_xact_commit_timestamp(d.xmin)))::float,
        min(extract(epoch from pg_xact_commit_timestamp(e.xmin)))::float
    from ops.detections as d
    join ops.cases as c on c.order_id = d.order_id and c.lead_code = d.exception_code
    join ops.case_events as e on e.case_id = c.case_id and e.event = 'open'
    where d.exception_code = 'carrier_cannot_meet_promise' and d.detected_at >= to_timestamp(%s)
    group by d.order_id
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of one rate. `events` were sent, `detected` of them had to become an exception and did."""

    events: int
    detected: int
    post_p50: float
    post_p99: float
    exception_p50: float
    exception_p99: float
    case_p50: float
    case_p99: float
    inbox_cpu_ms: float
    worker_cpu: float
    postgres_cpu: float


class Bench:
    """One database with its inbox and its worker."""

    def __init__(self, server: Server, dsn: dict[str, str], port: int, inbox: int, worker: int) -> None:
        self.server, self.dsn, self.port, self.inbox, self.worker = server, dsn, port, inbox, worker
        self.version = 0
        self.late: set[int] = set()

    def bodies(self, count: int, orders: int, one_late_in: int) -> tuple[list[bytes], dict[int, int]]:
        """Webhooks, and which of them (by place) makes which order late for the first time."""
        made, marked = [], {}
        fresh = iter(n for n in range(1, orders + 1) if n not in self.late)
        calm = [n for n in range(1, orders + 1) if n > orders * 9 // 10]
        for i in range(count):
            self.version += 1
            is_late = i % one_late_in == 0
            number = next(fresh) if is_late else calm[i % len(calm)]
            if is_late:
                marked[i] = number
                self.late.add(number)
            made.append(world.push(number, self.version, late=is_late))
        return made, marked

    def measure(self, count: int, orders: int, rate: float | None, one_late_in: int = 5) -> Figures:
        bodies, marked = self.bodies(count, orders, one_late_in)
        before = self._cpu()
        sent = load.send(self.port, [load.request(body) for body in bodies], rate)
        found = self._wait(
            min(s.at for s in sent) - 0.001, {f"shop-main/order/{1_000_000 + n}" for n in marked.values()}
        )
        spent = [now - then for now, then in zip(self._cpu(), before, strict=True)]
        times = [(sent[i].at, *found[f"shop-main/order/{1_000_000 + n}"]) for i, n in marked.items()]
        posts = [s.seconds for s in sent]
        exceptions, cases = [at - due for due, at, _ in times], [at - due for due, _, at in times]
        return Figures(
            count, len(times), *middle_and_end(posts), *middle_and_end(exceptions), *middle_and_end(cases),
            1000 * spent[0] / count, spent[1], spent[2],
        )  # fmt: skip

    def flat_out(self, count: int, orders: int) -> float:
        """Webhooks a second that are stored, one app process, 16 connections; waits until the lane has caught up."""
        bodies, _ = self.bodies(count, orders, one_late_in=count + 1 if count > 1 else 2)
        requests = [load.request(body) for body in bodies]
        began = time.monotonic()
        load.send(self.port, requests, None)
        rate = count / (time.monotonic() - began)
        self.settle()
        return rate

    def settle(self, seconds: float = 120) -> None:
        """Wait until nothing is queued."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with psycopg.connect(self.dsn["app"]) as connection:
                if not connection.execute(
                    "select (select count(*) from raw.pending_documents) + (select count(*) from raw.pending_records)"
                ).fetchone()[0]:
                    return
            time.sleep(0.2)
        raise AssertionError("the lane did not catch up")

    def _wait(self, since: float, wanted: set[str], seconds: float = 120) -> dict[str, tuple[float, float]]:
        """When the exception and the case of each order were committed."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.2)
            with psycopg.connect(self.dsn["auditor"]) as connection:
                found = {order_id: at for order_id, *at in connection.execute(COMMITTED, [since])}
            if wanted <= found.keys():
                self.settle()
                return found
        raise AssertionError(f"{len(wanted - found.keys())} of {len(wanted)} exceptions have no case")

    def _cpu(self) -> tuple[float, float, float]:
        return tree_cpu(self.inbox), tree_cpu(self.worker), tree_cpu(self.server.pid())


def middle_and_end(values: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    return quantile(values, 50), quantile(values, 99)


def quantile(values: list[float], percent: int) -> float:
    """The percentile, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@contextmanager
def bench(orders: int, debug: bool = False) -> Iterator[Bench]:
    """Everything started, `orders` orders known and on time."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    folder.chmod(0o755)
    server = Server(folder, free_port(), "bench")
    server.init()
    postgres = server.start(folder / "log", "track_commit_timestamp=on")
    processes = []
    try:
        with psycopg.connect(server.superuser, autocommit=True) as admin:
            create_product(admin, "bench", dict.fromkeys((OWNER, *PRODUCT_ROLES), "bench"))
        dsn = {r.removeprefix("crossdock_"): server.dsn("bench", r, "bench") for r in (OWNER, *PRODUCT_ROLES)}
        migrate.upgrade(dsn["owner"])
        models.build(conninfo=dsn["dbt"])
        world.fill(dsn, orders)
        with psycopg.connect(dsn["owner"], autocommit=True) as connection:
            connection.execute("analyze")  # as autovacuum has, where a worker starts over tables that were there before
        port = free_port()
        environment = os.environ | {
            "CROSSDOCK_DSN": dsn["app"],
            "CROSSDOCK_DBT_DSN": dsn["dbt"],
            "CROSSDOCK_LOG_LEVEL": "WARNING",
        }
        for conn_id in ("easypost", "shop_main", "wms_main", "sap_main", "acme_edi", "zendesk"):
            given = {"conn_type": "http", "host": "http://127.0.0.1:1", "extra": {"webhook_secret": load.SECRET}}
            environment[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(given)
        for words in (["inbox", "--port", str(port)], ["worker"]):
            processes.append(subprocess.Popen([CROSSDOCK, *words], env=environment))
        load.wait_for(f"http://127.0.0.1:{port}/health")
        made = Bench(server, dsn, port, processes[0].pid, processes[1].pid)
        made.measure(20, orders, 20)  # the worker is up, its plans are made
        yield made
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
        server.stop()
        postgres.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def idle(made: Bench, orders: int, times: int, seconds: float) -> list[float]:
    """Event to exception after `seconds` of silence, each time."""
    found = []
    for _ in range(times):
        time.sleep(seconds)
        found.append(made.measure(1, orders, None, one_late_in=1).exception_p50)
    return found


def run(orders: int, seconds: float, rates: list[int], idle_times: int = 5, flat: int = 4000) -> dict:
    """All figures; times in seconds."""
    with bench(orders) as made:
        figures = {}
        for rate in rates:
            figures[rate] = made.measure(int(rate * seconds), orders, rate)
        after_idle = idle(made, orders, idle_times, 3.0)
        return {
            "rates": {
                rate: {name: getattr(f, name) for name in Figures.__dataclass_fields__} for rate, f in figures.items()
            },
            "first_after_idle_median": statistics.median(after_idle),
            "first_after_idle_worst": max(after_idle),
            "ingest_per_second": made.flat_out(flat, orders) if flat else None,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--flat", type=int, default=4000)
    given = parser.parse_args()
    print(json.dumps(run(given.orders, given.seconds, given.rates, flat=given.flat), indent=1))


if __name__ == "__main__":
    main()
