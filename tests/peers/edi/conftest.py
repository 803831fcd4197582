"""mock-edi: a trading partner that nobody here wrote; it reads our X12 by a dictionary of its own, and writes its own.

Install it with `make peers-install`, or put its `mock-edi` on the PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from crossdock.core import connections
from crossdock.edi import api
from crossdock.stack.postgres import free_port
from edi_desk import KNOWN, PARTNER, Desk

US = "CROSSDOCK"
ITEMS = """
insert into ref.code_map (system_type, partner_id, kind, their_code, our_code, approved_by)
values ('x12', 'acme-edi', 'sku', 'WIDGET-001', 'SKU-1', 'test')
"""


def command() -> str:
    folder = Path(os.environ.get("CROSSDOCK_PEERS", Path.home() / ".cache/crossdock-peers"))
    installed = folder / "mocks/bin/mock-edi"
    found = str(installed) if installed.exists() else shutil.which("mock-edi")
    if not found:
        pytest.skip("mock-edi is not installed: run `make peers-install`")
    return found


@dataclass
class Partner:
    """The running partner: MOCKEDI. It sells to ACME, and buys from us as CROSSDOCK."""

    http: httpx.Client

    def ask(self, method: str, path: str, **given) -> dict:
        reply = self.http.request(method, path, **given)
        reply.raise_for_status()
        return reply.json()

    def send(self, content: bytes) -> dict:
        """Give it an interchange; what it made of it."""
        return self.ask("POST", "/edi", content=content)

    def judge(self, content: bytes) -> list[str]:
        """What it would find wrong with an interchange; empty when nothing."""
        said = self.ask("POST", "/_mock/validate", content=content)
        return [] if said["clean"] else said["explain"]

    def collect(self) -> dict[str, bytes]:
        """The documents that wait for us, by set type (a TA1 too), and leave none there."""
        waiting = self.http.get("/_mock/mailbox").raise_for_status().json()
        return {each["code"]: each["payload"].encode() for each in waiting}

    def behave(self, behaviour: str, partner: str = US) -> None:
        """From now on it answers (ACME) or buys (CROSSDOCK) in this way."""
        self.ask("PATCH", f"/_mock/partners/{partner}", json={"behaviour": behaviour})

    def buy(self, *lines: tuple[str, int, str]) -> str:
        """Order from us, each line as (sku, quantity, price); the number of the purchase order."""
        wanted = [{"sku": sku, "quantity": quantity, "price": price} for sku, quantity, price in lines]
        return self.ask("POST", "/_mock/purchase", json={"partner": US, "lines": wanted})["po_number"]

    def told(self, po_number: str) -> list[str]:
        """The story of an order as it sees it, a sentence an event."""
        return [event["summary"] for event in self.ask("GET", f"/_mock/orders/{po_number}/timeline")["events"]]


@contextmanager
def running(*arguments: str) -> Iterator[Partner]:
    """A partner of this test's own, in memory."""
    port = free_port()
    process = subprocess.Popen(
        [command(), "--port", str(port), "--auth", "edi:s3cret", "--seed", "42", "-q", *arguments],
        stdout=subprocess.DEVNULL,
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("edi", "s3cret"))
    until = time.monotonic() + 30
    try:
        while True:
            try:
                client.get("/_mock/health").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < until, "mock-edi did not start"
                time.sleep(0.05)
        partner = Partner(client)
        partner.ask("POST", "/_mock/partners", json={"id": US, "name": "Crossdock", "role": "supplier"})
        yield partner
    finally:
        client.close()
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def partner() -> Iterator[Partner]:
    """One partner for the tests of a module."""
    with running() as made:
        yield made


@dataclass
class Trade:
    """Both sides, and what happens between them in one step."""

    desk: Desk
    judge: Callable[[], object]
    partner: Partner

    def step(self) -> None:
        """We read, judge and answer; they read what we sent, and write."""
        self.desk.receive()
        self.judge()
        api.send_ready(PARTNER, conninfo=self.desk.dsn)
        self.partner.ask("POST", "/_mock/drop/scan")


@pytest.fixture
def start_trade(sshd, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Begin to trade, with a database; they write to `outbound` and read from `inbound`, we know one item of theirs."""
    monkeypatch.setattr(connections, "_resolver", lambda conn_id: sshd.connection)
    folders = ("--drop-dir", str(sshd.root / "inbound"), "--pickup-dir", str(sshd.root / "outbound"))

    @contextmanager
    def begin(dsn: str) -> Iterator[Trade]:
        with (
            running(*folders, "--drop-interval-ms", "3600000", "--drop-settle-ms", "0") as partner,
            psycopg.connect(dsn, options="-c TimeZone=UTC", autocommit=True) as connection,
        ):
            connection.execute(KNOWN + ";" + ITEMS)
            desk = Desk(connection, dsn, sshd.root)
            yield Trade(desk, desk.judge, partner)

    return begin
