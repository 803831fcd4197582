"""From a carrier's webhook to a case, through a real worker process and the real lane."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from benchmarks.latency import world
from crossdock.cases import api as cases
from crossdock.connectors.base import Page
from crossdock.db.connect import connect
from crossdock.landing.feeds import feed
from crossdock.landing.store import store_document
from crossdock.worker import api
from rig import CROSSDOCK

pytestmark = pytest.mark.slow
ORDERS = 3


@pytest.fixture
def trading(modelled) -> Iterator[psycopg.Connection]:
    """Three orders under way and on time, as the lane made them; crossdock_app."""
    world.fill(modelled, ORDERS)
    with connect("test", conninfo=modelled["app"], autocommit=True) as connection:
        yield connection


def push(connection: psycopg.Connection, number: int, version: int, *, late: bool) -> None:
    """The inbox stored a tracker's webhook."""
    with connection.transaction():
        chosen = feed(connection, "easypost", "trackers")
        page = Page(world.push(number, version, late=late), "application/json", "test")
        stored = store_document(connection, chosen.feed_id, page, correlation_id="test")
        connection.execute("insert into raw.pending_documents values (%s)", [stored.document_id])


@contextmanager
def worker(dsn: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A real worker process; killed at the end."""
    environment = os.environ | {"CROSSDOCK_DSN": dsn["app"], "CROSSDOCK_DBT_DSN": dsn["dbt"]}
    process = subprocess.Popen([CROSSDOCK, "worker"], env=environment, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


def leads(connection: psycopg.Connection) -> list[tuple]:
    return connection.execute("select lead_code, state, title from ops.cases order by case_id").fetchall()


def count(connection: psycopg.Connection, relation: str) -> int:
    return connection.execute(f"select count(*) from {relation}").fetchone()[0]


def test_an_event_becomes_a_case_and_the_case_vanishes_with_it(trading, modelled):
    """The carrier expects to be late: a case; the carrier is on time after all: the case has vanished."""
    with worker(modelled):
        push(trading, 1, 1, late=True)
        wait(lambda: bool(leads(trading)))
        (found,) = leads(trading)
        assert found[:2] == ("carrier_cannot_meet_promise", "open")
        assert "is expected" in found[2]
        push(trading, 1, 2, late=False)
        wait(lambda: leads(trading)[0][1] == "closed")
    assert cases.verify(trading) == []


def test_a_worker_killed_between_lane_and_cases_loses_nothing(trading, modelled):
    """The lane has committed what it found, the worker dies before a case is opened: the next worker opens it."""
    with connect("holder", conninfo=modelled["app"]) as holder:
        holder.execute("select pg_advisory_xact_lock(hashtextextended('crossdock cases', 0))")
        with worker(modelled):
            push(trading, 1, 1, late=True)
            wait(lambda: count(trading, "ops.detections") == 1)
    assert (count(trading, "ops.cases"), count(trading, "ops.pending_detections")) == (0, 1)
    with worker(modelled):
        wait(lambda: bool(leads(trading)))
    assert (count(trading, "ops.cases"), count(trading, "ops.pending_detections")) == (1, 0)


def test_without_a_worker_the_minute_is_enough(trading, modelled):
    """What the DAG calls does the same: passes and cases counted, nothing left waiting."""
    for number in range(1, ORDERS + 1):
        push(trading, number, 1, late=True)
    done = api.drain(seconds=20, conninfo=modelled["app"])
    assert {name: done[name] for name in ("detected", "cases_opened", "cases_vanished")} == {
        "detected": ORDERS, "cases_opened": ORDERS, "cases_vanished": 0,
    }  # fmt: skip
    assert api.drain(seconds=20, conninfo=modelled["app"])["records"] == 0
    assert count(trading, "ops.pending_detections") == 0
