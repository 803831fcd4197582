"""Signed webhooks at a rate, or as fast as they are taken, over a few kept-open connections."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

SECRET = "for-benchmarks-only"


@dataclass(frozen=True, slots=True)
class Sent:
    """One webhook: the wall clock when it was due to go out, and seconds until its 200."""

    at: float
    seconds: float


def wait_for(url: str, seconds: float = 60) -> None:
    """Return when `url` answers 200. Raises AssertionError when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


def request(body: bytes) -> bytes:
    """The whole HTTP request of an EasyPost webhook."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /hooks/easypost HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"X-Hmac-Signature: hmac-sha256-hex={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(port: int, requests: Sequence[bytes], rate: float | None, connections: int = 16) -> list[Sent]:
    """Send all, each at its time (`rate` a second; None: flat out). Raises AssertionError for any answer but 200."""
    return asyncio.run(_send(port, requests, rate, connections))


async def _send(port: int, requests: Sequence[bytes], rate: float | None, connections: int) -> list[Sent]:
    queue: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
    sent: list[Sent] = [Sent(0.0, 0.0)] * len(requests)
    workers = [asyncio.create_task(_work(port, queue, requests, sent)) for _ in range(connections)]
    began = time.time()
    for i in range(len(requests)):
        due = began + i / rate if rate else time.time()
        if (wait := due - time.time()) > 0:
            await asyncio.sleep(wait)
        queue.put_nowait((due, i))
    await asyncio.wait([asyncio.create_task(queue.join()), *workers], return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        if worker.done():
            worker.result()
        worker.cancel()
    return sent


async def _work(port: int, queue: asyncio.Queue, requests: Sequence[bytes], sent: list[Sent]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        due, i = await queue.get()
        started = due if due > 0 else time.time()
        writer.write(requests[i])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 200"), head
        sent[i] = Sent(started, time.time() - started)
        queue.task_done()
