"""Row verdicts against the cheapest query that could be called a check.

A million rows, 20 rules (not null ×5, in set ×3, regex ×4, range ×4, length, date order, unique, foreign key); four of
them fail, on 247 rows. Reference: one `select count(*) filter (where …)` per rule, in one statement. Cost is the CPU
of Postgres's process tree; ours adds the CPU of this process, which fetches the failing rows. Runs are interleaved and
the median of the ratios is kept.

    python tests/benchmarks/contracts/bench.py [rows] [runs]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psycopg

from crossdock.contracts import check
from crossdock.contracts.load import read
from crossdock.contracts.model import Contract
from crossdock.stack.postgres import Server, free_port

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
from benchmarks.measure import tree_cpu  # noqa: E402

BAD = {"qty": 100, "carrier": 80, "tracking_number": 60, "delivered_at": 7}
FILL = """
create schema bench;
create table bench.orders (order_id bigint primary key);
insert into bench.orders select generate_series(1, {rows} / 4);
create table bench.shipments as
select n as shipment_id, 1 + n % ({rows} / 4) as order_id,
    (array['created', 'picked', 'packed', 'shipped', 'delivered', 'cancelled'])[1 + n % 6] as status,
    (array['UPS', 'USPS', 'DHL', 'FEDEX', 'GLS'])[1 + n % 5] as carrier,
    (array['USD', 'EUR', 'GBP', 'BRL'])[1 + n % 4] as currency_code,
    '1Z' || upper(left(md5(n::text), 16)) as tracking_number, 'SKU-' || (1000 + n % 9000) as sku,
    lpad((n % 99999)::text, 5, '0') as postal_code, 'c' || n || '@example.com' as email,
    (1 + n % 400)::numeric(18, 4) as qty, (n % 97 / 10.0)::numeric(18, 4) as weight_kg,
    (n % 9999 / 7.0)::numeric(18, 4) as amount, (n % 60)::numeric(18, 4) as discount_pct, 'US' as country,
    timestamptz '2026-01-01Z' + n * interval '1 second' as shipped_at,
    timestamptz '2026-01-03Z' + n * interval '1 second' as delivered_at, n as batch_no
from generate_series(1, {rows}) as n;
update bench.shipments set qty = 0 where shipment_id % ({rows} / 100) = 1 and shipment_id <= {rows} / 100 * 100;
update bench.shipments set carrier = 'MULE' where shipment_id % ({rows} / 80) = 2 and shipment_id <= {rows} / 80 * 80;
update bench.shipments set tracking_number = 'x'
where shipment_id % ({rows} / 60) = 3 and shipment_id <= {rows} / 60 * 60;
update bench.shipments set delivered_at = '2025-01-01Z'
where shipment_id % ({rows} / 7) = 4 and shipment_id <= {rows} / 7 * 7;
alter table bench.shipments add primary key (shipment_id);
create index on bench.shipments (batch_no);
"""
CONDITIONS = (
    "shipment_id is null", "order_id is null", "status is null", "carrier is null", "currency_code is null",
    "status not in ('created', 'picked', 'packed', 'shipped', 'delivered', 'cancelled')",
    "carrier not in ('UPS', 'USPS', 'DHL', 'FEDEX', 'GLS')", "currency_code not in ('USD', 'EUR', 'GBP', 'BRL')",
    "tracking_number !~ '^1Z[0-9A-Z]{16}$'", "sku !~ '^SKU-[0-9]{4,6}$'", "postal_code !~ '^[0-9]{5}(-[0-9]{4})?$'",
    "email !~ '^[^@ ]+@[^@ ]+$'", "qty not between 1 and 500", "weight_kg < 0", "amount not between 0 and 100000",
    "discount_pct not between 0 and 90", "length(country) <> 2", "delivered_at < shipped_at",
    "shipment_id in (select shipment_id from bench.shipments group by 1 having count(*) > 1)",
    "not exists (select from bench.orders as o where o.order_id = x.order_id)",
)  # fmt: skip


def reference(where: str = "true") -> str:
    """One count per rule, in one statement."""
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in CONDITIONS)
    return f"select {counts} from bench.shipments as x where {where}"


def cpu(server_pid: int, connection: psycopg.Connection, statement: str) -> tuple[float, list[tuple]]:
    """CPU seconds of Postgres and of this process for one statement, with its rows."""
    before, own = tree_cpu(server_pid), time.process_time()
    rows = connection.execute(statement).fetchall()
    return tree_cpu(server_pid) - before + time.process_time() - own, rows


def proved(contract: Contract, connection: psycopg.Connection, rows: list[tuple], counts: tuple) -> None:
    """Both found the same: the work was done."""
    found = Counter(row[2] for row in rows)
    assert found == BAD, found
    assert sorted(filter(None, counts)) == sorted(BAD.values()), counts
    assert len(check.rules_for(contract, check.describe(connection, "bench.shipments"))) == 20


def measure(rows: int, runs: int) -> list[str]:
    """Fill a fresh server, compare, report."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        server = Server(Path(home) / "pg", free_port(), "bench")
        server.folder.mkdir(mode=0o755)
        server.init()
        process = server.start(server.folder / "log", "fsync=off", "shared_buffers=512MB", "work_mem=64MB", "jit=off",
                               "max_parallel_workers_per_gather=0", "autovacuum=off")  # fmt: skip
        try:
            with psycopg.connect(server.superuser, autocommit=True, options="-c TimeZone=UTC") as connection:
                connection.execute(FILL.format(rows=rows))
                connection.execute("vacuum analyze")
                return _compare(process.pid, connection, rows, runs)
        finally:
            server.stop()
            process.wait(20)


def _compare(pid: int, connection: psycopg.Connection, rows: int, runs: int) -> list[str]:
    contract = read(HERE / "shipments.v1.yaml", "bench/shipments.v1")
    table = check.describe(connection, "bench.shipments")
    newest = rows - rows // 100 + 1
    statements = {
        "reference": reference(),
        "row verdicts": check.verdict_sql(contract, table),
        "reference, 1 % changed": reference(f"batch_no >= {newest}"),
        "row verdicts, 1 % changed": check.verdict_sql(contract, table, changed_since=("batch_no", str(newest))),
    }
    spent: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(runs):
        given = {}
        for name, statement in statements.items():
            seconds, given[name] = cpu(pid, connection, statement)
            spent[name].append(seconds)
        proved(contract, connection, given["row verdicts"], given["reference"][0])
    base = spent["reference"]
    lines = ["| | CPU s | × |", "|---|--:|--:|"]
    for name, seconds in spent.items():
        ratio = statistics.median(one / of for one, of in zip(seconds, base, strict=True))
        lines.append(f"| {name} | {statistics.median(seconds):.2f} | {ratio:.2f} |")
    return lines


if __name__ == "__main__":
    print("\n".join(measure(*(int(word) for word in [*sys.argv[1:], "1000000", "5"][:2]))))
