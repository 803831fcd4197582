"""Payload bytes go when the policy says so; what they were stays, and nothing that is still needed goes."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from crossdock.connectors.base import Page, Record
from crossdock.landing.retention import purge
from crossdock.landing.store import land_records, store_document


@pytest.fixture
def old(app: psycopg.Connection) -> dict[str, int]:
    """Documents received 30 days ago, by name: two of a feed that keeps 20 days, one of a feed without a policy."""
    app.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner, settings)
        values ('p', 'P', 'shopify', 'shop', 'x', '{"retention_days": 20}'), ('q', 'Q', 'shopify', 'shop', 'x', '{}')
        """
    )
    feeds = app.execute(
        """
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
        select partner_id, 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll' from ref.partners
        order by partner_id returning feed_id
        """
    ).fetchall()
    found = {}
    for name, (feed_id,) in (("plain", feeds[0]), ("quarantined", feeds[0]), ("kept", feeds[1])):
        page = Page(content=name.encode(), content_type="application/json", source_ref=name)
        found[name] = store_document(app, feed_id, page, correlation_id="c").document_id
        record = Record(name, b'{"v":1}', datetime(2026, 1, 1, tzinfo=UTC))
        land_records(app, feed_id, [(found[name], [record])])
    app.execute("update raw.documents set received_at = clock_timestamp() - interval '30 days'")
    app.execute(
        """
        insert into ops.quarantine (feed_id, record_id, rule, reason)
        select feed_id, record_id, 'mapped', 'no map' from raw.records where native_id = 'quarantined'
        """
    )
    app.commit()
    return found


def test_bytes_go_by_the_partners_policy_and_the_rest_stays(app, database, old):
    """Past its days: bytes gone, checksum, source and records kept. In quarantine, or within its days: untouched."""
    assert purge(conninfo=database["app"]) == 1
    rows = app.execute(
        "select source_ref, content is null, purged_at is null, checksum is null from raw.documents order by 1"
    ).fetchall()
    assert rows == [("kept", False, True, False), ("plain", True, False, False), ("quarantined", False, True, False)]
    assert app.execute("select count(*) from raw.records").fetchone() == (3,)
    assert purge(conninfo=database["app"]) == 0


def test_what_nobody_has_read_yet_is_kept(app, database, old):
    """A document that waits to be read keeps its bytes, however old."""
    app.execute("insert into raw.pending_documents values (%s)", [old["plain"]])
    app.commit()
    assert purge(conninfo=database["app"]) == 0


def test_what_came_of_late_is_found_without_what_came_before(app, database, old):
    """Retention writes old documents anew, among the new ones; the index by time tells them apart all the same."""
    feed_id = app.execute("select max(feed_id) from ref.feeds").fetchone()[0]
    page = Page(content=b"new", content_type="application/json", source_ref="new")
    store_document(app, feed_id, page, correlation_id="c")
    app.commit()
    purge(conninfo=database["app"])
    app.execute("set enable_seqscan = off")
    plan = app.execute(
        "explain (analyze, format json) select from raw.documents where received_at >= now() - interval '7 days'"
    ).fetchone()[0][0]["Plan"]
    assert "documents_by_time" in str(plan)
    assert plan["Actual Rows"] == 1
    assert plan.get("Rows Removed by Index Recheck", 0) == 0
