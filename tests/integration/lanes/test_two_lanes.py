"""Both lanes make the same rows, and nobody meets a hole while one of them builds."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from crossdock.db.connect import connect
from crossdock.lanes import dbt, models
from crossdock.lanes.batch import batch_build
from crossdock.lanes.lane import Lane
from crossdock_lab.world.config import WorldConfig
from rig import CROSSDOCK, Rig, rig

CONFIG = WorldConfig(seed=11, orders_per_day=15, fault_share=0.3, lookalike_share=0.3, days=2)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def traded(postgres, modelled_for_module, tmp_path_factory) -> Iterator[Rig]:
    """Six days of trade, read every twelve hours and taken through the fast lane."""
    with rig(postgres, modelled_for_module, CONFIG, tmp_path_factory.mktemp("lab"), inbox=False) as system:
        for _ in range(12):
            system.step(hours=12)
            system.poll()
            system.settle()
        yield system


def tables(system: Rig) -> list[str]:
    """Every canonical table."""
    names = system.rows("select tablename from pg_tables where schemaname = 'canonical' order by 1")
    return [f'canonical."{name}"' for (name,) in names]


def contents(system: Rig) -> dict[str, list[tuple]]:
    """A hash of every row of every canonical table, and what stands open."""
    found = {name: system.rows(f"select md5(t::text) from {name} as t order by 1") for name in tables(system)}
    found["open"] = system.rows(
        "select exception_code, subject_id, thread_id from ops.detections where cleared_at is null order by 1, 2"
    )
    return found


def test_the_fast_lane_made_something(traded):
    """The comparison below compares something: orders, shipments and exceptions are there."""
    counts = [traded.rows(f"select count(*) from {name}")[0][0] for name in tables(traded)]
    assert sum(count > 0 for count in counts) >= 10
    assert traded.rows("select count(*) from ops.detections")[0][0] > 0


def test_a_full_rebuild_differs_in_no_row(traded):
    """dbt computes everything from the start beside what the fast lane made: not one row is missing or extra."""
    before = contents(traded)
    batch_build(full=True, conninfo=traded.dsn["dbt"])
    assert traded.rows("select model, missing_count, extra_count from ops.lane_drift") == []
    assert contents(traded) == before


def test_the_batch_lane_makes_the_touched_threads_alike(traded):
    """dbt over the touched threads only, through its own scratch tables, gives the same rows."""
    before = contents(traded)
    threads = [row[0] for row in traded.rows("select thread_id from canonical.orders")]
    with psycopg.connect(traded.dsn["app"]) as connection:
        sql = "insert into ops.touched_threads select unnest(%s::text[]) on conflict do nothing"
        connection.execute(sql, [threads])
    batch_build(conninfo=traded.dsn["dbt"])
    assert contents(traded) == before
    assert traded.rows("select count(*) from ops.touched_threads") == [(0,)]


def test_what_the_lane_lost_is_counted_and_mended(traded):
    """The check can fail: rows deleted behind the lane's back are counted as drift and made again."""
    before = contents(traded)
    with psycopg.connect(traded.dsn["app"]) as connection:
        gone = connection.execute(
            "delete from canonical.shipment_events where thread_id = (select min(thread_id) from canonical.shipments)"
        ).rowcount
    assert gone > 0
    dbt.invoke(["run", "--select", "shipment_events"], conninfo=traded.dsn["dbt"])
    drift = traded.rows("select model, missing_count, extra_count from ops.lane_drift")
    assert drift == [("shipment_events", gone, 0)]
    assert contents(traded) == before
    with psycopg.connect(traded.dsn["owner"]) as connection:
        connection.execute("truncate ops.lane_drift")


def test_touched_threads_are_not_put_into_a_table_of_other_columns(traded):
    """A model that changed is made whole by the full build first; the build of what was touched says so."""
    with psycopg.connect(traded.dsn["owner"], autocommit=True) as connection:
        connection.execute("set role crossdock_dbt")
        connection.execute("alter table canonical.shipment_events rename event_code to kind_code")
        try:
            with pytest.raises(dbt.BuildFailed, match=r"columns of .*shipment_events.* have changed"):
                batch_build(conninfo=traded.dsn["dbt"])
        finally:
            connection.execute("alter table canonical.shipment_events rename kind_code to event_code")
    batch_build(conninfo=traded.dsn["dbt"])


def test_a_reader_never_meets_a_missing_relation(traded):
    """Every relation of every schema is read in a loop while dbt builds all of it: always there, never empty."""
    relations = traded.rows(
        """
        select format('%I.%I', schemaname, relname) from (
            select schemaname, tablename from pg_tables union all select schemaname, viewname from pg_views
        ) as r (schemaname, relname)
        where schemaname in ('staging', 'canonical', 'exceptions', 'marts')
        """
    )
    filled = {name for (name,) in relations if traded.rows(f"select exists (select from {name})")[0][0]}
    problems: list[str] = []
    rounds = 0
    done = threading.Event()

    def read() -> None:
        nonlocal rounds
        with psycopg.connect(traded.dsn["auditor"], autocommit=True) as connection:
            while not done.is_set():
                for (name,) in relations:
                    try:
                        there = connection.execute(f"select exists (select from {name})").fetchone()[0]
                    except psycopg.Error as error:
                        problems.append(f"{name}: {error}")
                        continue
                    if name in filled and not there:
                        problems.append(f"{name} was empty")
                rounds += 1

    reader = threading.Thread(target=read)
    reader.start()
    try:
        batch_build(full=True, conninfo=traded.dsn["dbt"])
    finally:
        done.set()
        reader.join()
    assert problems == []
    assert rounds > 1


def test_a_pass_costs_what_it_touches(traded):
    """Made anew, one order reads one order: the pass names one thread among all of them."""
    order = traded.rows("select min(order_id) from canonical.orders")[0][0]
    with connect("test", conninfo=traded.dsn["app"], autocommit=True) as connection:
        done = Lane(connection, models.load(conninfo=traded.dsn["dbt"])).rejudge([order])
    assert done.threads == 1


def test_a_waiting_thread_is_made_anew_without_any_record(traded):
    """Something of ours changed that an order shows: its thread waits in a queue, and the next pass makes it anew."""
    before = contents(traded)
    order = traded.rows("select min(order_id) from canonical.orders")[0][0]
    with psycopg.connect(traded.dsn["app"]) as connection:
        connection.execute("delete from canonical.orders where order_id = %s", [order])
        connection.execute("insert into ops.pending_threads values (%s)", [order])
    traded.settle()
    assert traded.rows("select count(*) from ops.pending_threads") == [(0,)]
    assert contents(traded) == before


def test_nothing_is_missing_while_records_still_wait(traded):
    """A feed counts as read only as far as its records went through the lane: landed is not yet looked at."""
    behind = "select count(*) from raw.cursors where derived_through_at is distinct from read_through_at"
    assert traded.rows(behind) == [(0,)]
    with psycopg.connect(traded.dsn["app"]) as connection:
        connection.execute("update raw.cursors set read_through_at = read_through_at + interval '1 second'")
        connection.execute("insert into raw.pending_records select max(record_id) from raw.records")
    with connect("test", conninfo=traded.dsn["app"], autocommit=True) as connection:
        lane = Lane(connection, models.load(conninfo=traded.dsn["dbt"]))
        lane.due()
        assert traded.rows(behind)[0][0] > 0
        lane.drain()
        assert traded.rows(behind) == [(0,)]


def test_a_killed_worker_loses_nothing_and_doubles_nothing(traded):
    """Everything is queued once more and the worker killed again and again in the middle: the same rows at the end."""
    before = contents(traded)
    with psycopg.connect(traded.dsn["app"]) as connection:
        connection.execute("insert into raw.pending_records select record_id from raw.records on conflict do nothing")
    for seconds in (1.2, 1.7, 2.1, 1.4):
        with worker(traded) as process:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
    traded.settle()
    assert traded.rows("select count(*) from raw.pending_records") == [(0,)]
    assert contents(traded) == before


@contextmanager
def worker(system: Rig) -> Iterator[subprocess.Popen]:
    """A real worker process, in a group of its own."""
    environment = os.environ | {"CROSSDOCK_DSN": system.dsn["app"], "CROSSDOCK_DBT_DSN": system.dsn["dbt"]}
    process = subprocess.Popen([CROSSDOCK, "worker"], env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
