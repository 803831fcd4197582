"""What dbt costs over psql, and what the fast lane costs by the size of the history.

    python tests/benchmarks/dbt/bench.py [--orders 1000000] [--sizes 100000 1000000] [--rounds 3]

A project of three staging views, two threaded tables and two exception views, with the product's own macros. dbt runs
warm, in one process, through `crossdock.lanes.dbt`; the reference is psql running the statements that dbt ran. The fast
lane renews 100 orders from keys in its scratch tables, as a lane does, over histories of several sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from measure import tree_cpu  # noqa: E402

TOUCHED, NEWEST = 100, 50_000
RUN = ["run", "--no-write-json"]
MODELS = ("stg_orders", "stg_lines", "stg_events", "line_states", "order_states", "exc_short", "exc_late")


@contextmanager
def workplace(orders: int) -> Iterator[tuple[object, str, Path]]:
    """An embedded server with the sources filled, its superuser's DSN, and the project's home."""
    from crossdock.stack.postgres import Server, binaries, free_port

    folder = Path(tempfile.mkdtemp(prefix="crossdock-bench-"))
    folder.chmod(0o755)
    shutil.copytree(HERE / "project", folder / "project" / "dbt")
    root = Path(__file__).parents[3] / "dbt"
    shutil.copytree(root / "macros", folder / "project" / "dbt" / "macros")
    shutil.copy(root / "profiles.yml", folder / "project" / "dbt")
    server = Server(folder, free_port(), "bench")
    server.init()
    process = server.start(folder / "log", "shared_buffers=512MB", "jit=off")
    try:
        psql = [str(binaries() / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", server.superuser]
        subprocess.run([*psql, "-v", f"orders={orders}", "-f", str(HERE / "fill.sql")], check=True)
        yield server, server.superuser, folder / "project"
    finally:
        server.stop()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def overhead(orders: int, rounds: int) -> dict[str, dict]:
    """CPU seconds by scope: dbt warm, psql with the same statements, and their difference (medians)."""
    with workplace(orders) as (server, dsn, project):
        words = [sys.executable, __file__, "--child", dsn, str(server.pid()), str(rounds)]
        environment = os.environ | {"CROSSDOCK_PROJECT": str(project), "CROSSDOCK_HOME": str(project / "home")}
        said = subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout
        return json.loads(said.splitlines()[-1])


def child(dsn: str, server_pid: int, rounds: int) -> dict[str, dict]:
    """Run in a process of its own, whose environment names the project."""
    from crossdock.lanes import dbt

    dbt.invoke(RUN, conninfo=dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create index on canonical.line_states (thread_id)")
        connection.execute("create unlogged table lane.touched_threads (thread_id text primary key)")
        connection.execute("create unlogged table lane.touched_objects (feed_id integer, native_id text)")
        orders = connection.execute("select count(*) from canonical.orders_in").fetchone()[0]
        connection.execute(
            "insert into lane.touched_threads select thread_id from canonical.orders_in limit %s", [orders // 100]
        )
        connection.execute("vacuum analyze")
        found = {scope: _pairs(dbt, dsn, server_pid, scope, rounds) for scope in ("all", "touched")}
        found["rows"] = {
            name: connection.execute(f"select count(*) from {relation}").fetchone()[0]
            for name, relation in (
                ("orders", "canonical.order_states"), ("lines", "canonical.line_states"),
                ("short", "exceptions.exc_short"), ("late", "exceptions.exc_late"),
                ("drift", "ops.lane_drift"),
            )
        }  # fmt: skip
    return found


def _pairs(dbt, dsn: str, server_pid: int, scope: str, rounds: int) -> dict:
    from crossdock.stack.postgres import binaries

    dbt.invoke(RUN, scope=scope, conninfo=dsn)
    run = dbt.target_dir(scope, "lane") / "run" / "bench" / "models"
    files = {path.stem: path for path in run.rglob("*.sql")}
    script = run.parents[1] / "psql.sql"
    script.write_text("".join(f"begin;\n{files[m].read_text().strip().rstrip(';')};\ncommit;\n" for m in MODELS))
    psql = [str(binaries() / "psql"), "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-d", dsn, "-f", str(script)]
    spent: dict[str, list[float]] = {"dbt": [], "psql": []}
    for _ in range(rounds):
        spent["dbt"].append(_cpu(server_pid, lambda: dbt.invoke(RUN, scope=scope, conninfo=dsn)))
        spent["psql"].append(_cpu(server_pid, lambda: subprocess.run(psql, check=True)))
    return {
        **{name: statistics.median(seconds) for name, seconds in spent.items()},
        "over": statistics.median(a - b for a, b in zip(*spent.values(), strict=True)),
    }


def _cpu(server_pid: int, work) -> float:
    before, own = tree_cpu(server_pid), os.times()
    work()
    now = os.times()
    return tree_cpu(server_pid) - before + sum(now[:4]) - sum(own[:4])


def fast_lane(orders: int, passes: int = 30) -> dict[str, float]:
    """CPU milliseconds (Postgres and this process) to renew 100 of `orders` orders; the median of three series.

    `newest`: of the newest 50,000, as the orders that change are. `any`: of all, each on pages that nothing else needs.
    """
    with workplace(orders) as (_, dsn, project):
        words = [sys.executable, __file__, "--lane", dsn, str(orders), str(passes)]
        environment = os.environ | {"CROSSDOCK_PROJECT": str(project), "CROSSDOCK_HOME": str(project / "home")}
        said = subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout
        return json.loads(said.splitlines()[-1])


def lane_child(dsn: str, orders: int, passes: int) -> dict[str, float]:
    """Run in a process of its own, whose environment names the project."""
    from crossdock.lanes import dbt
    from crossdock.lanes.scratch import Scratch

    dbt.invoke(RUN, conninfo=dsn)
    models = dbt.models(dbt.compile_touched(conninfo=dsn))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create index on canonical.line_states (thread_id)")
        connection.execute("vacuum analyze")
        scratch = Scratch(connection, [m for m in models if m.schema == "staging"])
        chosen = {"newest": range(max(1, orders - NEWEST), orders + 1), "any": range(1, orders + 1)}
        return {name: _series(connection, scratch, models, among, passes) for name, among in chosen.items()}


def _series(connection: psycopg.Connection, scratch, models: list, among: range, passes: int) -> float:
    pid, series = connection.info.backend_pid, []
    for _ in range(4):
        before, own = tree_cpu(pid), time.process_time()
        for _ in range(passes):
            _renew(connection, scratch, models, among)
        series.append(1000 * (tree_cpu(pid) - before + time.process_time() - own) / passes)
    return statistics.median(series[1:])  # plans are made in the first


def _renew(connection: psycopg.Connection, scratch, models: list, among: range) -> None:
    keys = [f"o/{n}" for n in random.sample(among, TOUCHED)]
    with connection.transaction():
        scratch.begin()
        connection.execute("insert into pg_temp.touched_threads select unnest(%s::text[])", [keys])
        scratch.planned_for(len(keys))
        scratch.analyze("touched_threads")
        for name in scratch.staging:
            scratch.fill(name, next(model.sql for model in models if model.name == name))
        scratch.analyze_staging()
        for model in models:
            if model.schema == "canonical":
                connection.execute(
                    f"delete from {model.relation} as t using pg_temp.touched_threads as k "
                    "where t.thread_id = k.thread_id"
                )
                made = connection.execute(f"insert into {model.relation} {model.sql}").rowcount
                assert made == TOUCHED * (3 if model.name == "line_states" else 1), (model.name, made)
            elif model.schema == "exceptions":
                connection.execute(f"select count(*) from ({model.sql}) as found")
    scratch.ended(well=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=3)
    parser.add_argument("--lane", nargs=3)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(child(given.child[0], int(given.child[1]), int(given.child[2]))))
    elif given.lane:
        print(json.dumps(lane_child(given.lane[0], int(given.lane[1]), int(given.lane[2]))))
    else:
        print(json.dumps(overhead(given.orders, given.rounds) if given.orders else {}, indent=1))
        for size in given.sizes:
            cost = ", ".join(f"{name} {ms:.1f}" for name, ms in fast_lane(size).items())
            print(f"fast lane, ms CPU for {TOUCHED} touched of {size} orders: {cost}")


if __name__ == "__main__":
    main()
