"""What was lost on the way is found, and named."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from crossdock.landing.ingest import ingest
from crossdock.landing.parse import parse_pending
from crossdock.landing.reconcile import reconcile
from small_shop import small_shop

ORDERS = "order_ref,ordered_at,status\n" + "".join(f"A{n},2026-03-01T10:00:00Z,accepted\n" for n in range(200))
LOST = ["A17", "A42", "A199"]


@pytest.fixture
def landed(modelled: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """Two hundred orders of a mailbox, landed."""
    small_shop(modelled["app"], tmp_path, monkeypatch, ORDERS)
    assert ingest("my-shop", "orders", conninfo=modelled["app"]).records_landed == 200
    with psycopg.connect(modelled["app"], autocommit=True) as connection:
        yield connection


def test_every_lost_record_is_named(landed, modelled):
    """Three rows dropped behind the product's back: the count says so, names them, and a gap stands on the partner."""
    assert reconcile(conninfo=modelled["app"])["my-shop/orders"]["missing"] == []
    landed.execute("delete from raw.pending_records using raw.records r where r.record_id = pending_records.record_id "
                   "and native_id = any(%s)", [LOST])  # fmt: skip
    landed.execute("delete from raw.records where native_id = any(%s)", [LOST])
    totals = reconcile(conninfo=modelled["app"])["my-shop/orders"]
    assert (totals["source"], totals["landed"], sorted(totals["missing"])) == (200, 197, sorted(LOST))
    gap = landed.execute("select partner_id, feed, missing_count, missing_ids from canonical.control_gaps").fetchone()
    assert gap == ("my-shop", "orders", 3, sorted(LOST))


def test_a_gap_that_was_filled_is_one_no_more(landed, modelled):
    """What was lost is read again later: the next count, further on in time, finds nothing missing."""
    landed.execute("delete from raw.records where native_id = any(%s)", [LOST])
    assert reconcile(conninfo=modelled["app"])["my-shop/orders"]["missing"]
    landed.execute("insert into raw.pending_documents select document_id from raw.documents")
    parse_pending(landed)
    landed.execute("update raw.cursors set read_through_at = read_through_at + interval '1 hour'")
    assert reconcile(conninfo=modelled["app"])["my-shop/orders"]["missing"] == []
    assert landed.execute("select * from canonical.control_gaps").fetchall() == []
