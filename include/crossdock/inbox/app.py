"""The webhook front door: check, store, answer.

`POST /hooks/<partner>` answers 200 only after the bytes and their place in the queue are committed; the reading is the
worker's. 401 means the signature is wrong, 404 an unknown partner, 413 too large, 503 that we could not store: the
sender tries again and nothing is lost. A webhook that is sent twice is stored once and answered 200 twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock.core import log
from crossdock.core.errors import NotPermitted, Unparsable
from crossdock.core.ids import correlation_id
from crossdock.core.settings import settings
from crossdock.db.connect import dsn
from crossdock.inbox.doors import Door, Doors

logger = log.get("inbox")
KEPT_HEADERS = ("content-type", "user-agent", "x-correlation-id", "x-request-id")
KEPT_SUFFIXES = ("-topic", "-webhook-id", "-event-id", "-triggered-at")

STORE = """
    with stored as (
        insert into raw.documents
            (feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id, headers)
        values (%s, %s, %b, %s, %s, %s, %s, %s)
        on conflict (feed_id, checksum) do nothing
        returning document_id
    )
    insert into raw.pending_documents select document_id from stored
"""


def build(conninfo: str | None = None, *, max_bytes: int | None = None) -> Starlette:
    """The ASGI app. `max_bytes` is the largest body that is read (default: CROSSDOCK_INBOX_MAX_BYTES)."""
    limit = max_bytes or int(settings().inbox_max_bytes)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.configure()
        pool = AsyncConnectionPool(
            conninfo or dsn(),
            min_size=2,
            max_size=8,
            kwargs={"autocommit": True, "application_name": "crossdock inbox"},
            open=False,
        )
        async with pool:
            app.state.pool, app.state.doors = pool, Doors(conninfo)
            yield

    async def hook(request: Request) -> Response:
        door = await request.app.state.doors.find(request.path_params["partner_id"])
        if door is None:
            return _no(404, "no such partner")
        body = await _body(request, limit)
        if body is None:
            return _no(413, f"more than {limit} bytes")
        try:
            feed_id = door.admit(request.headers, body)
        except NotPermitted:
            logger.warning("webhook refused", partner_id=door.partner_id, reason="signature", content_bytes=len(body))
            return _no(401, "the signature does not match the body")
        except Unparsable as error:
            return await _store(request, door, door.fallback_feed_id, body, note=str(error))
        return await _store(request, door, feed_id, body)

    async def health(request: Request) -> Response:
        async with request.app.state.pool.connection(timeout=2) as connection:
            await connection.execute("select 1")
        return JSONResponse({"status": "healthy"})

    return Starlette(
        routes=[Route("/hooks/{partner_id}", hook, methods=["POST"]), Route("/health", health)],
        lifespan=lifespan,
    )


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, or None when it is larger than `limit`: then the rest is not read."""
    if int(request.headers.get("content-length") or 0) > limit:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


async def _store(request: Request, door: Door, feed_id: int, body: bytes, note: str | None = None) -> Response:
    reference = request.headers.get("x-correlation-id") or correlation_id()
    kept = {k: v for k, v in request.headers.items() if k in KEPT_HEADERS or k.endswith(KEPT_SUFFIXES)}
    kind = request.headers.get("content-type", "application/octet-stream")
    values = [
        feed_id,
        hashlib.sha256(body).digest(),
        body,
        kind,
        len(body),
        f"webhook {door.partner_id}",
        reference,
        json.dumps(kept),
    ]
    try:
        async with request.app.state.pool.connection(timeout=5) as connection:
            await connection.execute(STORE, values)
    except psycopg.Error as error:
        logger.error("webhook not stored", partner_id=door.partner_id, error=str(error))
        return _no(503, "not stored; send it again")
    if note:
        logger.warning("webhook stored without a feed of its own", partner_id=door.partner_id, reason=note)
    return JSONResponse({"stored": True, "correlation_id": reference})


def _no(status: int, reason: str) -> Response:
    return JSONResponse({"stored": False, "reason": reason}, status_code=status)
