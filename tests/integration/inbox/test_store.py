"""Webhooks that are stored together: each for itself, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from crossdock.inbox.store import Event, Store

UNKNOWN_FEED = 999


@pytest.fixture
def feed_id(app: psycopg.Connection) -> int:
    """A feed to store for."""
    app.execute(
        "insert into ref.partners (partner_id, name, system_type, role_code, owner) "
        "values ('shop', 'Shop', 'shopify', 'shop', 'x')"
    )
    found = app.execute(
        "insert into ref.feeds (partner_id, feed, feed_type, contract, mode) "
        "values ('shop', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll') returning feed_id"
    ).fetchone()[0]
    app.commit()
    return found


def event(feed_id: int, body: bytes) -> Event:
    return Event(feed_id, body, "text/plain", "webhook shop", "c-" + body.hex()[:8], {"user-agent": "é"})


def put_together(dsn: str, events: Sequence[Event]) -> list[BaseException | None]:
    """What each of the events got that arrived at the same moment."""

    async def put() -> list[BaseException | None]:
        async with AsyncConnectionPool(dsn, min_size=1, kwargs={"autocommit": True}, open=False) as pool:
            store = Store(pool)
            return await asyncio.gather(*(store.put(each) for each in events), return_exceptions=True)

    return asyncio.run(put())


def test_events_that_arrive_together_share_a_commit(database, app, feed_id):
    """One transaction, the bytes of each as they came, each queued; an empty body is a body."""
    bodies = [b"one", b"", b"\x00\xff" * 9, b"three"]
    assert put_together(database["app"], [event(feed_id, body) for body in bodies]) == [None] * 4
    rows = app.execute(
        "select content, checksum = sha256(content), content_bytes, headers ->> 'user-agent', d.xmin::text "
        "from raw.documents as d join raw.pending_documents using (document_id)"
    ).fetchall()
    assert {row[0] for row in rows} == set(bodies)
    assert all(row[1] and row[2] == len(row[0]) and row[3] == "é" for row in rows)
    assert len({row[4] for row in rows}) == 1


def test_the_same_event_twice_in_a_batch_is_stored_once(database, app, feed_id):
    """Both are told that it is kept."""
    assert put_together(database["app"], [event(feed_id, b"same")] * 3) == [None] * 3
    assert app.execute("select count(*) from raw.documents").fetchone() == (1,)
    assert app.execute("select count(*) from raw.pending_documents").fetchone() == (1,)


def test_one_that_cannot_be_stored_does_not_harm_its_neighbours(database, app, feed_id):
    """A feed that is gone: that event is refused, the others are kept."""
    events = [event(feed_id, b"a"), event(UNKNOWN_FEED, b"b"), event(feed_id, b"c")]
    found = put_together(database["app"], events)
    assert [found[0], found[2]] == [None, None]
    assert isinstance(found[1], psycopg.errors.ForeignKeyViolation)
    assert {bytes(row[0]) for row in app.execute("select content from raw.documents")} == {b"a", b"c"}


def test_a_large_crowd_is_stored_in_several_batches(database, app, feed_id):
    """More events than one statement holds, and more bytes."""
    events = [event(feed_id, f"{n}".encode()) for n in range(1200)]
    events += [event(feed_id, bytes([n]) * 3_000_000) for n in range(4)]
    assert put_together(database["app"], events) == [None] * len(events)
    assert app.execute("select count(*), count(distinct xmin::text) from raw.documents").fetchone() == (1204, 4)


def test_two_front_doors_never_wait_for_each_other_in_a_circle(database, app, feed_id):
    """The same events in opposite order, again and again: all kept once, none refused."""

    async def put() -> list[BaseException | None]:
        found: list[BaseException | None] = []
        async with AsyncConnectionPool(database["app"], min_size=2, kwargs={"autocommit": True}, open=False) as pool:
            for turn in range(20):
                events = [event(feed_id, f"{turn}/{n}".encode()) for n in range(100)]
                doors = ((Store(pool), events), (Store(pool), events[::-1]))
                puts = [store.put(each) for store, listed in doors for each in listed]
                found += await asyncio.gather(*puts, return_exceptions=True)
        return found

    assert set(asyncio.run(put())) == {None}
    assert app.execute("select count(*) from raw.documents").fetchone() == (2000,)


def test_without_a_database_everybody_is_told(database, feed_id):
    """Nothing is kept in memory for later: the sender sends again."""

    async def put() -> list[BaseException | None]:
        pool = AsyncConnectionPool(database["app"], min_size=1, kwargs={"autocommit": True}, open=False)
        await pool.open()
        store = Store(pool)
        await pool.close()
        events = [event(feed_id, b"a"), event(feed_id, b"b")]
        return await asyncio.gather(*(store.put(each) for each in events), return_exceptions=True)

    assert [isinstance(error, psycopg.OperationalError) for error in asyncio.run(put())] == [True, True]
