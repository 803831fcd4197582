"""The webhook front door: check, store, answer.

`POST /hooks/<partner>` answers 200 only after the bytes and their place in the queue are committed; the reading is the
worker's. 401 means the signature is wrong, 404 an unknown partner, 413 too large, 503 that we could not store: the
sender tries again and nothing is lost. A webhook that is sent twice is stored once and answered 200 twice.

Plain ASGI: at hundreds of webhooks a second a framework would cost more than the work itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import psycopg
from psycopg_pool import AsyncConnectionPool

from crossdock.core import log
from crossdock.core.errors import NotPermitted, Unparsable
from crossdock.core.ids import correlation_id
from crossdock.core.settings import settings
from crossdock.db.connect import dsn
from crossdock.inbox.doors import Door, Doors
from crossdock.inbox.store import Event, Store

logger = log.get("inbox")
HOOKS = "/hooks/"
KEPT_HEADERS = ("content-type", "user-agent", "x-correlation-id", "x-request-id")
KEPT_SUFFIXES = ("-topic", "-webhook-id", "-event-id", "-triggered-at")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, dict[str, object]]


def build(conninfo: str | None = None, *, max_bytes: int | None = None) -> Inbox:
    """The ASGI app. `max_bytes` is the largest body that is read (default: CROSSDOCK_INBOX_MAX_BYTES)."""
    return Inbox(conninfo or dsn(), max_bytes or int(settings().inbox_max_bytes))


class HungUp(Exception):
    """The sender went away before its body was whole."""


class Inbox:
    """The app: one pool of connections, the doors of all partners, one store."""

    def __init__(self, conninfo: str, limit: int) -> None:
        self.limit = limit
        self.doors = Doors(conninfo)
        self.pool = AsyncConnectionPool(
            conninfo,
            min_size=2,
            max_size=4,
            kwargs={"autocommit": True, "application_name": "crossdock inbox"},
            open=False,
        )
        self.store = Store(self.pool)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One connection's request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        try:
            status, body = await self._answer(scope, receive)
        except HungUp:
            return
        content = orjson.dumps(body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the pool when the server starts, close it when it stops."""
        while (message := await receive())["type"] != "lifespan.shutdown":
            log.configure()
            await self.pool.open()
            await send({"type": f"{message['type']}.complete"})
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path.startswith(HOOKS):
            return await self._hook(path[len(HOOKS) :], scope, receive) if method == "POST" else _no(405, "use POST")
        if path == "/health":
            return await self._health()
        return _no(404, "no such page")

    async def _health(self) -> Answer:
        async with self.pool.connection(timeout=2) as connection:
            await connection.execute("select 1")
        return 200, {"status": "healthy"}

    async def _hook(self, partner_id: str, scope: dict[str, Any], receive: Receive) -> Answer:
        door = await self.doors.find(partner_id)
        if door is None:
            return _no(404, "no such partner")
        # Of a header that is there twice the first counts.
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        body = await _body(headers, receive, self.limit)
        if body is None:
            return _no(413, f"more than {self.limit} bytes")
        try:
            return await self._keep(door, door.admit(headers, body), headers, body)
        except NotPermitted:
            logger.warning("webhook refused", partner_id=door.partner_id, reason="signature", content_bytes=len(body))
            return _no(401, "the signature does not match the body")
        except Unparsable as error:
            logger.warning("webhook without a feed of its own", partner_id=door.partner_id, reason=str(error))
            return await self._keep(door, door.fallback_feed_id, headers, body)

    async def _keep(self, door: Door, feed_id: int, headers: Mapping[str, str], body: bytes) -> Answer:
        reference = headers.get("x-correlation-id") or correlation_id()
        event = Event(
            feed_id=feed_id,
            body=body,
            content_type=headers.get("content-type", "application/octet-stream"),
            source_ref=f"webhook {door.partner_id}",
            correlation_id=reference,
            headers={k: v for k, v in headers.items() if k in KEPT_HEADERS or k.endswith(KEPT_SUFFIXES)},
        )
        try:
            await self.store.put(event)
        except psycopg.Error as error:
            logger.error("webhook not stored", partner_id=door.partner_id, error=str(error))
            return _no(503, "not stored; send it again")
        return 200, {"stored": True, "correlation_id": reference}


async def _body(headers: Mapping[str, str], receive: Receive, limit: int) -> bytes | None:
    """The body, or None when it is larger than `limit`: then the rest is not read. Raises HungUp."""
    if int(headers.get("content-length") or 0) > limit:
        return None
    parts, size, is_more = [], 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        is_more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _no(status: int, reason: str) -> Answer:
    return status, {"stored": False, "reason": reason}
