"""The inbox stores what is signed, once, before it answers; and refuses the rest without losing anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from crossdock.landing.parse import parse_pending
from crossdock.stack.postgres import free_port

SECRET = "a-secret-of-this-test"
LIMIT = 20_000


@pytest.fixture
def shop(app: psycopg.Connection) -> int:
    """A shop that pushes orders: its feed id."""
    app.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner, settings)
        values ('shop', 'Shop', 'shopify', 'shop', 'x', '{"connection": "shop"}')
        """
    )
    found = app.execute(
        """
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
        values ('shop', 'orders', 'shopify.orders', 'shopify/orders.v1', 'poll') returning feed_id
        """
    ).fetchone()[0]
    app.commit()
    return found


@pytest.fixture
def inbox(database: dict[str, str], shop: int) -> Iterator[str]:
    """A real inbox process; its URL for the shop's webhooks."""
    port = free_port()
    environment = os.environ | {
        "CROSSDOCK_DSN": database["app"],
        "CROSSDOCK_INBOX_MAX_BYTES": str(LIMIT),
        "AIRFLOW_CONN_SHOP": json.dumps({"host": "http://127.0.0.1:1", "extra": {"webhook_secret": SECRET}}),
    }
    command = [str(Path(sys.executable).with_name("crossdock")), "inbox", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/hooks/shop"
    process.terminate()
    assert process.wait(20) in (0, -15)


def order(number: int) -> bytes:
    body = {"id": number, "name": f"#{number}", "updated_at": "2026-01-01T00:00:00+00:00", "line_items": []}
    return json.dumps(body).encode()


def headers(body: bytes, secret: str = SECRET, topic: str = "orders/updated") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Topic": topic, "Content-Type": "application/json"}


def test_a_signed_webhook_is_stored_then_read(inbox, app):
    """200 comes after the commit; the worker's half turns the bytes into a record."""
    body = order(1001)
    assert httpx.post(inbox, content=body, headers=headers(body)).status_code == 200
    assert bytes(app.execute("select content from raw.documents").fetchone()[0]) == body
    assert parse_pending(app) == 1
    assert app.execute("select native_id from raw.records").fetchall() == [("1001",)]


def test_sent_twice_is_stored_once_and_answered_twice(inbox, app):
    """Senders repeat themselves; that is not an error and not a second document."""
    body = order(1002)
    answers = [httpx.post(inbox, content=body, headers=headers(body)).status_code for _ in range(3)]
    assert answers == [200, 200, 200]
    assert app.execute("select count(*) from raw.documents").fetchone() == (1,)
    assert app.execute("select count(*) from raw.pending_documents").fetchone() == (1,)


def test_what_is_not_signed_is_refused(inbox, app):
    """A wrong, a missing signature and a changed body are 401 and leave nothing."""
    body = order(1003)
    assert httpx.post(inbox, content=body, headers=headers(body, "wrong")).status_code == 401
    assert httpx.post(inbox, content=body).status_code == 401
    assert httpx.post(inbox, content=body + b" ", headers=headers(body)).status_code == 401
    assert app.execute("select count(*) from raw.documents").fetchone() == (0,)


def test_strangers_and_giants_are_turned_away(inbox, app):
    """An unknown partner is 404; a body over the limit is 413, told by its header or found while reading."""
    body = order(1)
    assert httpx.post(inbox.replace("/shop", "/nobody"), content=body).status_code == 404
    giant = b"x" * (LIMIT + 1)
    assert httpx.post(inbox, content=giant, headers=headers(giant)).status_code == 413
    assert httpx.post(inbox, content=iter([giant]), headers=headers(giant)).status_code == 413
    assert app.execute("select count(*) from raw.documents").fetchone() == (0,)


def test_signed_nonsense_is_kept_and_set_aside(inbox, app):
    """What the partner really sent but nobody can read is in quarantine, with its bytes."""
    body = b"<<not json>>"
    assert httpx.post(inbox, content=body, headers=headers(body)).status_code == 200
    parse_pending(app)
    rows = app.execute("select rule, state from ops.quarantine where document_id is not null").fetchall()
    assert rows == [("readable", "open")]


@pytest.mark.slow
def test_a_burst_is_stored_whole(inbox, app):
    """2,000 webhooks on 16 connections: every 200 is in the database."""
    bodies = [order(5000 + n) for n in range(2000)]

    def send(part: list[bytes]) -> Counter[str]:
        with httpx.Client() as client:
            return Counter(client.post(inbox, content=b, headers=headers(b)).text[:40] for b in part)

    with ThreadPoolExecutor(16) as pool:
        answers = sum(pool.map(send, [bodies[n::16] for n in range(16)]), Counter())
    refused = {a: n for a, n in answers.items() if '"stored":true' not in a}
    assert refused == {}
    assert app.execute("select count(*) from raw.documents").fetchone() == (2000,)
    while parse_pending(app):
        pass
    assert app.execute("select count(distinct native_id) from raw.records").fetchone() == (2000,)
