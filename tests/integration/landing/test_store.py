"""Landing keeps everything once, whatever is sent twice, at once, or broken."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import pytest

from crossdock.connectors.base import Page, Record
from crossdock.landing.store import land_records, store_document


@pytest.fixture
def feed_id(app: psycopg.Connection) -> int:
    """A feed to land into."""
    app.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner)
        values ('p', 'P', 'shopify', 'shop', 'x')
        """
    )
    found = app.execute(
        """
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
        values ('p', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll') returning feed_id
        """
    ).fetchone()[0]
    app.commit()
    return found


def page(content: bytes) -> Page:
    return Page(content=content, content_type="application/json", source_ref="test")


def record(native_id: str, value: str) -> Record:
    return Record(native_id, b'{"v":"%s"}' % value.encode(), datetime(2026, 1, 1, tzinfo=UTC))


def document(connection: psycopg.Connection, feed_id: int, content: bytes = b"x") -> int:
    return store_document(connection, feed_id, page(content), correlation_id="c").document_id


def test_bytes_are_kept_verbatim_and_once(app, feed_id):
    """The same bytes twice are one document, byte for byte, even when they are not text."""
    content = bytes(range(256))
    first = store_document(app, feed_id, page(content), correlation_id="a")
    second = store_document(app, feed_id, page(content), correlation_id="b")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.document_id == second.document_id
    assert bytes(app.execute("select content from raw.documents").fetchone()[0]) == content


def test_a_record_is_landed_once_and_queued_once(app, feed_id):
    """The same version again adds nothing; a new version does."""
    d = document(app, feed_id)
    assert land_records(app, feed_id, [(d, [record("1", "a"), record("1", "a"), record("2", "a")])]) == (2, 2)
    assert land_records(app, feed_id, [(d, [record("1", "a")])]) == (1, 0)
    assert land_records(app, feed_id, [(d, [record("1", "b")])]) == (1, 1)
    assert app.execute("select count(*) from raw.pending_records").fetchone() == (3,)


def test_a_snapshot_that_comes_back_is_a_new_version(app, feed_id):
    """10, 7, 10 on the shelf are three facts; 10, 10 is one."""
    d = document(app, feed_id)
    landed = [
        land_records(app, feed_id, [(d, [record("sku", v)])], is_snapshot=True)[1]
        for v in ("10", "10", "7", "10", "10", "7")
    ]
    assert landed == [1, 0, 1, 1, 0, 1]
    rows = app.execute("select payload ->> 'v', repeat from raw.records order by record_id").fetchall()
    assert rows == [("10", 0), ("7", 0), ("10", 1), ("7", 1)]


def test_a_record_with_a_nul_is_set_aside_and_its_neighbours_land(app, feed_id):
    """One record that Postgres cannot hold does not hold up the page."""
    d = document(app, feed_id)
    bad = Record("9", b'{"v":"\\u0000"}', None)
    assert land_records(app, feed_id, [(d, [record("1", "a"), bad])]) == (1, 1)
    assert app.execute("select part, reason from ops.quarantine").fetchall() == [
        ("9", "record 9 holds a NUL character")
    ]


@pytest.mark.parametrize("is_snapshot", [False, True])
def test_eight_workers_landing_the_same_page_leave_it_once(database, app, feed_id, is_snapshot):
    """Exactly once under concurrency: nobody fails, nothing is doubled."""
    d = document(app, feed_id)
    app.commit()
    records = [record(str(i), "a") for i in range(200)]
    errors: list[Exception] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        try:
            with psycopg.connect(database["app"]) as connection:
                barrier.wait()
                land_records(connection, feed_id, [(d, records)], is_snapshot=is_snapshot)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert errors == []
    assert app.execute("select count(*), count(distinct native_id) from raw.records").fetchone() == (200, 200)
    assert app.execute("select count(*) from raw.pending_records").fetchone() == (200,)
