"""Webhooks leave the lab as real senders send them: signed, again until they are taken, twice or in disorder."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

import lab_samples as samples
from crossdock_lab.systems.easypost import payloads as easypost


class Receiver(ThreadingHTTPServer):
    """Takes webhooks; says 500 to the first `failing` of them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.failing = 0
        self.got: list[tuple[str, bytes, dict]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, body, dict(self.headers)))
        self.server.failing -= 1
        self.send_response(500 if self.server.failing >= 0 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def push(dsn: str, count: int, *, copies: int = 1, hours: int = 0) -> None:
    """Ask for webhooks of as many trackers."""
    with psycopg.connect(dsn) as connection:
        for number in range(count):
            body = easypost.tracker(samples.tracker(samples.order(1000017 + number)))
            connection.execute(
                """
                insert into lab.pushes (system, topic, object_id, body, due_at, copies)
                values ('easypost', 'tracker.updated', %s, %s, %s + make_interval(hours => %s), %s)
                """,
                [body["id"], Jsonb(body), samples.NOW, hours, copies],
            )


def sent(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select count(*) from lab.pushes where sent_at is not null").fetchone()[0]


@pytest.fixture
def filled(lab_dsn: str) -> str:
    with psycopg.connect(lab_dsn) as connection:
        samples.fill(connection)
    return lab_dsn


def test_only_what_is_due_is_sent(filled: str, receiver: Receiver, start_lab, eventually) -> None:
    """What is due in lab time goes to the partner's address; what is not, waits."""
    push(filled, 3)
    push(filled, 2, hours=1)
    with start_lab(filled, receiver.url):
        eventually(lambda: sent(filled) == 3)
        time.sleep(0.2)
    assert {path for path, _, _ in receiver.got} == {"/hooks/easypost"}
    assert len(receiver.got) == 3


def test_a_refused_webhook_is_sent_again(filled: str, receiver: Receiver, start_lab, eventually) -> None:
    """The same bytes, with the same signature, until somebody says 200."""
    receiver.failing = 1
    push(filled, 1)
    with start_lab(filled, receiver.url) as lab:
        eventually(lambda: sent(filled) == 1)
        assert lab.rows("select attempts, status_code from lab.pushes") == [(2, 200)]
    assert len({(body, headers["X-Hmac-Signature"]) for _, body, headers in receiver.got}) == 1


def test_duplicates_disorder_and_loss(filled: str, receiver: Receiver, start_lab, eventually) -> None:
    """Rules double, turn round and lose webhooks; the world's own copies are sent as often as it says."""
    with start_lab(filled, receiver.url) as lab:
        lab.misbehave(system="easypost", behaviour="lose", params={"times": 1})
        lab.misbehave(system="easypost", behaviour="duplicate", params={"times": 1})
        lab.misbehave(system="*", behaviour="reorder")
        push(filled, 4, copies=2)
        eventually(lambda: sent(filled) == 3)
        eventually(lambda: len(receiver.got) == 7)
        assert lab.rows("select count(*) from lab.pushes where given_up_at is not null") == [(1,)]
    ids = [orjson.loads(body)["id"] for _, body, _ in receiver.got]
    assert sorted(ids.count(each) for each in set(ids)) == [2, 2, 3]


def test_a_burst_is_sent_whole(filled: str, receiver: Receiver, start_lab, eventually) -> None:
    """Six hundred at once arrive, each once."""
    push(filled, 600)
    with start_lab(filled, receiver.url):
        eventually(lambda: sent(filled) == 600, seconds=60)
    assert len({orjson.loads(body)["id"] for _, body, _ in receiver.got}) == len(receiver.got) == 600
