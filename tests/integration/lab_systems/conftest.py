"""A lab that runs: its database, its HTTP systems and its mailbox, on ports of this test's own."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

import lab_samples
from crossdock.stack.postgres import Server, free_port
from crossdock_lab import db
from crossdock_lab.connections import connections
from crossdock_lab.systems import server


@dataclass
class RunningLab:
    """A lab in a thread of the test. `conn` are the Airflow connections to it."""

    dsn: str
    url: str
    sftp_port: int
    conn: dict[str, dict]

    def get(self, path: str, **options) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", **options)

    def sap(self, path: str, **params: str) -> httpx.Response:
        """GET below the service roots of SAP."""
        return self.get(f"/sap/opu/odata/sap/{path}", params=params, auth=self.login("sap_main"))

    def login(self, conn_id: str) -> tuple[str, str]:
        return self.conn[conn_id]["login"], self.conn[conn_id]["password"]

    def misbehave(self, **rule: object) -> None:
        httpx.post(f"{self.url}/lab/misbehave", json=rule).raise_for_status()

    def rows(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.dsn, options="-c TimeZone=UTC") as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str, *values: object) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(sql, values)


@pytest.fixture
def lab_dsn(postgres: Server) -> Iterator[str]:
    """An empty database of the lab's own."""
    name = f"lab_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        db.create(admin, postgres.password, name)
    dsn = postgres.dsn(name, db.ROLE, postgres.password)
    db.connect(dsn).close()
    yield dsn
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


@contextmanager
def running(dsn: str, folder: Path, webhooks: str = "") -> Iterator[RunningLab]:
    """Run the lab's process in a thread until the block ends."""
    port, sftp_port = free_port(), free_port()
    place = server.Place(dsn, webhooks, folder / "mailbox")
    loop = asyncio.new_event_loop()
    task = loop.create_task(server.run(place, "127.0.0.1", port, sftp_port))
    thread = threading.Thread(target=_until_cancelled, args=(loop, task))
    thread.start()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: thread.is_alive() and _answers(url))
        yield RunningLab(dsn, url, sftp_port, connections(dsn, url, "127.0.0.1", sftp_port))
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(20)


def _until_cancelled(loop: asyncio.AbstractEventLoop, task: asyncio.Task) -> None:
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        loop.close()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/lab/health").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(so: Callable[[], object], seconds: float = 20) -> None:
    """Return when `so()` is true; fail after `seconds`."""
    until = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


@pytest.fixture
def lab(lab_dsn: str, tmp_path: Path) -> Iterator[RunningLab]:
    """A running lab with five shop orders, its clock standing still at `lab_samples.NOW`."""
    with psycopg.connect(lab_dsn) as connection:
        lab_samples.fill(connection, orders=5)
    with running(lab_dsn, tmp_path) as made:
        yield made


@pytest.fixture
def start_lab(tmp_path: Path) -> Callable:
    """Start a lab on a database that the test has filled: `with start_lab(dsn, webhooks) as lab`."""
    return lambda dsn, webhooks="": running(dsn, tmp_path, webhooks)


@pytest.fixture
def eventually() -> Callable:
    """Wait until something is so."""
    return wait_until
