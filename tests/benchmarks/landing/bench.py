"""API to Postgres: `crossdock land` against the least that could be called landing, in the same run.

    python tests/benchmarks/landing/bench.py [--orders 100000] [--rounds 3]

CPU seconds are of the process plus Postgres's growth; the interpreter's start and imports are taken off the re-scans,
for both sides. Re-scans read the first tenth of the orders again: unchanged, then with every 100th edited.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Cost, python, run

from crossdock.db import migrate
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES, Server, create_product, free_port

HERE = Path(__file__).parent
CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))
PARTNER = """
    insert into ref.partners (partner_id, name, system_type, role_code, owner, settings)
    values ('bench', 'Bench', 'shopify', 'shop', 'bench', '{"connection": "bench"}');
    insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
    values ('bench', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll');
"""


@contextmanager
def postgres() -> Iterator[Server]:
    """An embedded server with its ordinary settings."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    folder.chmod(0o755)
    server = Server(folder, free_port(), "bench")
    server.init()
    process = server.start(folder / "log")
    try:
        yield server
    finally:
        server.stop()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def source(orders: int) -> Iterator[str]:
    """The made-up shop; its base URL."""
    port = free_port()
    process = subprocess.Popen(python(HERE / "source.py", str(port), str(orders)), stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()


class Bench:
    """One pair of databases, one shop."""

    def __init__(self, server: Server, base: str, orders: int) -> None:
        self.server, self.base, self.orders = server, base, orders
        self.pid = server.pid()

    def fresh(self, name: str) -> str:
        with psycopg.connect(self.server.superuser, autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")
            create_product(admin, name, dict.fromkeys((OWNER, *PRODUCT_ROLES), "bench"))
            admin.execute("checkpoint")
        migrate.upgrade(self.server.dsn(name, OWNER, "bench"))
        with psycopg.connect(self.server.dsn(name, "crossdock_app", "bench")) as connection:
            connection.execute(PARTNER)
        return name

    def reference(self, name: str, step: str) -> Cost:
        dsn = self.server.dsn(name, OWNER, "bench")
        url = f"{self.base}/admin/api/2025-01/orders.json"
        return run(python(HERE / "reference.py", step, url), {"CROSSDOCK_DSN": dsn}, self.pid)

    def land(self, name: str) -> Cost:
        connection = {"conn_type": "http", "host": self.base, "password": "unused-here"}
        environment = {
            "CROSSDOCK_DSN": self.server.dsn(name, "crossdock_app", "bench"),
            "AIRFLOW_CONN_BENCH": json.dumps(connection),
            "CROSSDOCK_LOG_LEVEL": "WARNING",
        }
        return run([CROSSDOCK, "land", "bench/orders", "--once"], environment, self.pid)

    def quiet(self, *names: str) -> None:
        """Vacuum and flush now, so that it does not happen while one of the two is measured."""
        for name in names:
            with psycopg.connect(self.server.dsn(name, "postgres", "bench"), autocommit=True) as connection:
                connection.execute("vacuum analyze")
                connection.execute("checkpoint")

    def serve(self, **query: int) -> None:
        httpx.post(f"{self.base}/edit", params=query)

    def round(self, number: int) -> dict[str, tuple[Cost, Cost]]:
        ours, theirs = self.fresh("ours"), self.fresh("theirs")
        self.serve(orders=self.orders)
        ours_first, theirs_first = self.land(ours), self.reference(theirs, "first")
        self.serve(orders=self.orders // 10)
        self.reference(theirs, "prepare")
        self.quiet(ours, theirs)
        self.serve(orders=1)
        start = (self.land(ours), self.reference(theirs, "nothing"))
        result = {
            "first load": (ours_first, theirs_first),
            "first load, start-up off": (less(ours_first, start[0]), less(theirs_first, start[1])),
        }
        self.serve(orders=self.orders // 10)
        result["unchanged"] = (less(self.land(ours), start[0]), less(self.reference(theirs, "rescan"), start[1]))
        self.serve(orders=self.orders // 10, every=100 + number)
        result["1 % changed"] = (less(self.land(ours), start[0]), less(self.reference(theirs, "rescan"), start[1]))
        return result


def less(cost: Cost, start: Cost) -> Cost:
    """Without what starting up costs."""
    return Cost(cost.own - start.own, cost.postgres - start.postgres, cost.rss_mb, cost.output)


def measure(orders: int, rounds: int) -> dict[str, dict]:
    """By step: CPU seconds of both (medians), the median ratio of the pairs, peak MB and what the last run said."""
    with postgres() as server, source(orders) as base:
        bench = Bench(server, base, orders)
        done = [bench.round(n) for n in range(rounds)]
    return {step: _summary([r[step] for r in done]) for step in done[0]}


def _summary(pairs: list[tuple[Cost, Cost]]) -> dict:
    ours, theirs = (statistics.median(p[i].cpu for p in pairs) for i in (0, 1))
    return {
        "ours": ours,
        "reference": theirs,
        "ratio": statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs),
        "rss_mb": max(p[0].rss_mb for p in pairs),
        "said": json.loads(pairs[-1][0].output),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"API to Postgres, {given.orders} orders, median of {given.rounds} paired rounds")
    for step, found in measure(given.orders, given.rounds).items():
        print(
            f"  {step:24} {found['ours']:6.2f} s  reference {found['reference']:6.2f} s  ratio {found['ratio']:5.2f}"
            f"  RSS {found['rss_mb']:4.0f} MB  {found['said']}"
        )


if __name__ == "__main__":
    main()
