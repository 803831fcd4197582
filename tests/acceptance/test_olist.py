"""A partner of data only, on real files: what the platform finds is what the files say, counted twice.

The truths are counted here from the CSV files with nothing of the product; for the published half they are also the
figures of FACTS.md. The folder is `CROSSDOCK_REAL_DATA`/datasets/olist_split/<half>; every half that is there is run.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from crossdock.core.settings import Settings
from crossdock.db.connect import connect
from crossdock.landing.ingest import ingest
from crossdock.landing.reconcile import reconcile
from crossdock.lanes import models
from crossdock.lanes.lane import Lane
from crossdock.onboarding import conformance
from crossdock.onboarding.folder import read
from crossdock.onboarding.load import sync

PARTNER = Path(__file__).parent / "partners" / "olist"
FEEDS = ("orders", "order_lines", "milestones", "charges")
AS_OF = "2018-09-01 00:00:00+00"
TIMES = (
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
)
PUBLISHED = {
    "orders": 4094, "lines": 4189, "late": 203, "late_by_date": 166, "handover_late": 308, "out_of_sequence": 36,
    "cancelled_after_handover": 36, "open_past_promise": 864, "price_mismatch": 15, "without_lines": 399,
}  # fmt: skip


def halves() -> list[str]:
    folder = Settings().real_data_dir / "datasets" / "olist_split"
    return sorted(path.name for path in folder.glob("*") if path.is_dir()) or ["dev"]


def rows_of(folder: Path, name: str) -> list[dict]:
    with (folder / f"olist_{name}_dataset.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def at(text: str) -> datetime | None:
    """A naive local time; empty is none."""
    return datetime.fromisoformat(text) if text else None


def before(earlier: datetime | None, later: datetime | None) -> bool:
    return None not in (earlier, later) and earlier < later


def truths(folder: Path) -> dict[str, set[str]]:
    """Order ids by what is true of them, by the definitions of FACTS.md."""
    orders = {row["order_id"]: row | {name: at(row[name]) for name in TIMES} for row in rows_of(folder, "orders")}
    found: dict[str, set[str]] = defaultdict(set)
    stated, paid = defaultdict(Decimal), defaultdict(Decimal)
    for item in rows_of(folder, "order_items"):
        order = orders[item["order_id"]]
        stated[item["order_id"]] += Decimal(item["price"]) + Decimal(item["freight_value"])
        if before(at(item["shipping_limit_date"]), order["order_delivered_carrier_date"]):
            found["handover_late"].add(item["order_id"])
    for payment in rows_of(folder, "order_payments"):
        paid[payment["order_id"]] += Decimal(payment["payment_value"])
    for order_id, order in orders.items():
        purchased, approved, carried, received = (order[name] for name in TIMES)
        promised = at(order["order_estimated_delivery_date"])
        status = order["order_status"]
        found["orders"].add(order_id)
        if before(promised, received) and status == "delivered":
            found["late"].add(order_id)
            if received.date() > promised.date():
                found["late_by_date"].add(order_id)
        pairs = [
            (approved, purchased),
            (carried, purchased),
            (carried, approved),
            (received, carried),
            (received, purchased),
        ]
        if any(before(later, earlier) for later, earlier in pairs):
            found["out_of_sequence"].add(order_id)
        if status == "canceled" and carried:
            found["cancelled_after_handover"].add(order_id)
        if status not in ("delivered", "canceled", "unavailable") and before(promised, at("2018-09-01")):
            found["open_past_promise"].add(order_id)
        if order_id not in stated:
            found["without_lines"].add(order_id)
        elif order_id in paid and abs(round(paid[order_id], 2) - round(stated[order_id], 2)) > Decimal("0.01"):
            found["price_mismatch"].add(order_id)
    return found


@pytest.fixture(params=halves())
def half(request: pytest.FixtureRequest, real_data: Path) -> Path:
    """The folder of one half of the data."""
    return real_data / "datasets" / "olist_split" / request.param


@pytest.fixture
def landed(half: Path, modelled: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A database into whose mailbox the files were dropped, read and taken through the fast lane."""
    mailbox = tmp_path / "mailbox"
    shutil.copytree(half, mailbox)
    monkeypatch.setenv("AIRFLOW_CONN_OLIST_MAILBOX", json.dumps({"conn_type": "fs", "extra": {"path": str(mailbox)}}))
    with connect("test", conninfo=modelled["app"]) as connection:
        sync(connection, [PARTNER])
    for feed in FEEDS:
        ingest("olist", feed, conninfo=modelled["app"])
    drain(modelled)
    return modelled


def drain(dsn: dict[str, str]) -> None:
    with connect("test lane", conninfo=dsn["app"], autocommit=True) as connection:
        lane = Lane(connection, models.load(conninfo=dsn["dbt"]))
        while lane.drain(5000).records:
            pass


def orders_in(connection: psycopg.Connection, code: str, where: str = "true") -> set[str]:
    """The partner's own numbers of the orders that an exception view names."""
    query = f"select distinct order_id from exceptions.exc_{code} where {where}"
    return {order_id.rsplit("/", 1)[1] for (order_id,) in connection.execute(query)}


@pytest.mark.real_data
@pytest.mark.slow
def test_what_is_found_is_what_the_files_say(landed, half):
    """Every exception names exactly the orders that the files say, whichever half it is."""
    true = truths(half)
    with psycopg.connect(landed["app"], options="-c TimeZone=UTC") as connection:
        found = {
            "orders": {row[0] for row in connection.execute("select partner_order_ref from canonical.orders")},
            "late": orders_in(connection, "delivered_late"),
            "late_by_date": orders_in(connection, "delivered_late", "(evidence ->> 'late_by_local_date')::boolean"),
            "handover_late": orders_in(connection, "carrier_handover_late"),
            "out_of_sequence": orders_in(connection, "status_out_of_sequence"),
            "cancelled_after_handover": orders_in(connection, "cancelled_after_shipping"),
            "price_mismatch": orders_in(connection, "price_mismatch"),
            "without_lines": {
                row[0]
                for row in connection.execute("select partner_order_ref from canonical.orders where is_incomplete")
            },
        }
        lines = connection.execute("select count(*) from canonical.order_lines").fetchone()[0]
        connection.execute("select set_config('crossdock.as_of', %s, false)", [AS_OF])
        found["open_past_promise"] = orders_in(connection, "open_past_promise")
    assert {name: len(ids) for name, ids in found.items()} == {name: len(true[name]) for name in found}
    assert found == {name: true[name] for name in found}
    assert lines == len(rows_of(half, "order_items"))
    if half.name == "dev":
        assert {name: len(ids) for name, ids in found.items()} | {"lines": lines} == PUBLISHED


@pytest.mark.real_data
@pytest.mark.slow
def test_nothing_is_lost_set_aside_or_read_twice(landed, half):
    """Control totals match source to canonical; dropping the same files again lands nothing."""
    with psycopg.connect(landed["app"]) as connection:
        assert connection.execute("select count(*) from ops.quarantine where state = 'open'").fetchone() == (0,)
        landed_before = connection.execute("select count(*) from raw.records").fetchone()[0]
    totals = reconcile(conninfo=landed["app"])
    assert totals
    with psycopg.connect(landed["app"]) as connection:
        gaps = connection.execute(
            "select feed_id, source_count, landed_count, missing_ids from ops.control_totals "
            "where source_count <> landed_count or missing_ids <> '{}'"
        ).fetchall()
        assert gaps == []
        connection.execute("delete from raw.cursors")
        connection.commit()
        for feed in FEEDS:
            ingest("olist", feed, conninfo=landed["app"])
        assert connection.execute("select count(*) from raw.records").fetchone()[0] == landed_before


def test_the_folder_is_data_only_and_proves_itself():
    """No Python, no SQL; its samples pass and fail as stated."""
    assert {path.suffix for path in PARTNER.rglob("*") if path.is_file()} <= {".yaml", ".csv"}
    outcome = conformance.check(read(PARTNER))
    assert outcome.problems == []


def test_nothing_else_names_the_partner():
    """What it needs is in its folder: no code, model or contract knows it."""
    root = Settings().project_dir
    found = [
        path
        for folder in ("include", "dbt/models", "dbt/macros", "expectations", "dags", "plugins")
        for path in (root / folder).rglob("*")
        if path.suffix in {".py", ".sql", ".yaml", ".yml", ".csv"}
        and re.search(r"(?i)\bolist", path.read_text(errors="ignore"))
    ]
    assert found == []
