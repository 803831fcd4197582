"""`make bench`: every part against its reference, one table, and the figures in <home>/bench.json.

    python tests/benchmarks/run.py [--scale 0.1] [--parts landing x12 dbt contracts inbox latency]

`--scale` shrinks every workload; the goals are stated for 1. Nothing here passes or fails: the figures are compared by
people, in docs/reference/performance.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from crossdock.core.settings import settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its goal."""

    part: str
    what: str
    goal: str
    figure: str
    value: float


def load(part: str) -> ModuleType:
    """The part's bench.py under a name of its own: all are called the same."""
    spec = importlib.util.spec_from_file_location(f"bench_{part}", HERE / part / "bench.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def landing(scale: float) -> list[Row]:
    """Part 1: API to Postgres."""
    found = load("landing").measure(max(1000, int(100_000 * scale)), 3)
    return [
        Row("API to Postgres", step, "≤ 1.5 ×, ≤ 80 MB", f"{f['ratio']:.2f} ×, {f['rss_mb']:.0f} MB", f["ratio"])
        for step, f in found.items()
    ]


def x12(scale: float) -> list[Row]:
    """Part 2: reading X12."""
    words = [str(max(1, int(62 * scale))), str(max(100, int(32_000 * scale))), "3"]
    text = subprocess.check_output([sys.executable, str(HERE / "x12" / "bench.py"), *words], text=True)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines()[1:]]
    goals = {"reference": "1", "envelopes": "≥ 2 ×", "elements": "≥ 0.5 ×"}
    return [
        Row("X12", f"{file}, {what}", goals[what], f"{ratio} ×, {speed} MB/s", float(ratio))
        for file, what, _, speed, ratio, _ in rows
    ]


def dbt(scale: float) -> list[Row]:
    """Part 3: dbt, and the fast lane by the size of the history."""
    bench = load("dbt")
    orders = max(2000, int(1_000_000 * scale))
    found = bench.overhead(orders, 3)
    rows = [
        Row("dbt", f"warm run over psql, {scope}", "≤ 0.6 s", f"{found[scope]['over']:.2f} s CPU", found[scope]["over"])
        for scope in ("all", "touched")
    ]
    for size in (orders // 10, orders):
        for which, cost in bench.fast_lane(size).items():
            what = f"100 touched, {which}, of {size}"
            rows.append(Row("fast lane", what, "≤ 60 ms, flat", f"{cost:.0f} ms CPU", cost))
    return rows


def contracts(scale: float) -> list[Row]:
    """Part 4: row verdicts."""
    lines = load("contracts").measure(max(20_000, int(1_000_000 * scale)), 3)
    goals = {"row verdicts": "≤ 1.1 ×", "row verdicts, 1 % changed": "≤ 0.15 ×"}
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[2:]]
    return [
        Row("contracts", name, goals[name], f"{ratio} ×", float(ratio)) for name, _, ratio in cells if name in goals
    ]


def inbox(scale: float) -> list[Row]:
    """Part 5: the front door alone."""
    found = load("inbox").run(max(500, int(10_000 * scale)), 500, [16, 64])
    return [
        Row("inbox", f"webhooks stored, {name}", "≥ 500/s",
            f"{f['per_second']:.0f}/s, app {f['app_cpu_ms']:.2f} ms CPU", f["per_second"])
        for name, f in found.items() if name != "warm-up"
    ]  # fmt: skip


def latency(scale: float) -> list[Row]:
    """Part 5: from a webhook to a committed exception and its case."""
    orders = max(300, int(3000 * scale))
    found = load("latency").run(orders, max(2.0, 10 * scale), [20, 100] if scale < 0.5 else [20, 100, 500])
    rows = [Row("latency", "webhooks stored, flat out", "≥ 500/s", f"{found['ingest_per_second']:.0f}/s",
                found["ingest_per_second"])]  # fmt: skip
    for rate, f in found["rates"].items():
        for name, goal in (("exception_p50", "< 0.25 s"), ("exception_p99", "< 1 s"), ("case_p99", "< 1 s")):
            what, share = name.split("_")
            rows.append(Row("latency", f"event to {what}, {share} at {rate}/s", goal, f"{f[name]:.3f} s", f[name]))
    idle = found["first_after_idle_median"]
    return [*rows, Row("latency", "event to exception, first after idle", "< 1.5 s", f"{idle:.3f} s", idle)]


PARTS: dict[str, Callable[[float], list[Row]]] = {
    part.__name__: part for part in (landing, x12, dbt, contracts, inbox, latency)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.2)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    print(f"{'part':16} {'what':44} {'goal':18} figure", flush=True)
    rows: list[Row] = []
    for part in given.parts:
        for row in PARTS[part](given.scale):
            print(f"{row.part:16} {row.what:44} {row.goal:18} {row.figure}", flush=True)
            rows.append(row)
    target = settings().home_dir / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"scale": given.scale, "rows": [asdict(row) for row in rows]}, indent=1))
    print(f"written to {target}")


if __name__ == "__main__":
    main()
