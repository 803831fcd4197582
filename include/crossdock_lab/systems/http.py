"""What all faces share: the lab they belong to, their credentials, answers, refusals, and writes kept on record."""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import orjson
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock_lab.systems.misbehave import Rules
from crossdock_lab.systems.running import Running
from crossdock_lab.systems.store import Store, amend, delete, insert, next_number, overlay

BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier than any world: who reads a lab without one must not believe that he has read as far as today."""


class Refusal(Exception):
    """An answer that says no: status, the face's own error body, headers."""

    def __init__(self, status: int, reason: str, body: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.body, self.headers = status, reason, body, headers or {}

    def response(self) -> Response:
        return json_response(self.body, self.status, self.headers)


class Lab:
    """What every face needs: the store, the rules of misbehaviour, the secrets, the lab's time."""

    def __init__(self, pool: AsyncConnectionPool, secrets: dict[str, str], world: Running) -> None:
        self.pool, self.secrets, self.world = pool, secrets, world
        self.store = Store(pool)
        self.rules = Rules()
        self.looks: list[Callable[[], Awaitable[None]]] = []
        """What must be looked at before and after a step, so that nobody has to wait for the next look."""

    async def now(self) -> datetime:
        """Lab time: nothing at or before it can still appear in what the world does; BEFORE while there is no world."""
        rows = await self.store.rows("select processed_through from lab.clock")
        return rows[0][0] if rows else BEFORE

    @asynccontextmanager
    async def writing(self, system: str, request: Request) -> AsyncIterator[Write]:
        """One write from outside: its row in `lab.writes` and its effect, in one transaction; refusals are kept too."""
        refusal: Refusal | None = None
        content = await request.body()
        now = await self.now()
        async with self.pool.connection() as connection:
            write = Write(connection, system, now, _json(content), request.headers.get("idempotency-key"))
            await write.find_first(request.url.path)
            try:
                yield write
            except Refusal as refused:
                refusal = refused
                write.outcome = f"{refused.status} {refused.reason}"
            await write.record(request)
        if refusal:
            raise refusal


class Write:
    """A write in progress. `first` is the outcome of an earlier write with the same key: then nothing is done again."""

    def __init__(self, connection: AsyncConnection, system: str, now: datetime, given: dict, key: str | None) -> None:
        self.connection, self.system, self.now, self.given, self.key = connection, system, now, given, key
        self.first: str | None = None
        self.outcome = "200 taken"
        self.interventions: list[tuple[str, str, dict]] = []

    async def lock(self, what: str) -> None:
        """Let nobody else write to `what` until this write is done: ask for it before reading what it depends on."""
        await self.connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7))", [what])

    async def find_first(self, path: str) -> None:
        if self.key is None:
            return
        await self.lock(self.key)
        cursor = await self.connection.execute(
            """
            select outcome from lab.writes
            where system = %s and path = %s and idempotency_key = %s
                and outcome like '2%%' and outcome not like '%%repeated%%'
            order by write_id limit 1
            """,
            [self.system, path, self.key],
        )
        row = await cursor.fetchone()
        self.first = row[0] if row else None

    async def record(self, request: Request) -> None:
        """Keep the write and, where it was taken for the first time, what it does to the orders' course."""
        cursor = await self.connection.execute(
            """
            insert into lab.writes (system, method, path, idempotency_key, correlation_id, body, received_at, outcome)
            values (%s, %s, %s, %s, %s, %s, %s, %s) returning write_id
            """,
            [self.system, request.method, request.url.path, self.key, request.headers.get("x-correlation-id"),
             Jsonb(self.given), self.now, self.outcome],
        )  # fmt: skip
        (write_id,) = await cursor.fetchone()
        if not self.outcome.startswith("2") or self.first is not None:
            return
        for order_id, kind, params in self.interventions:
            await self.connection.execute(
                """
                insert into lab.interventions (number, kind, params, at, write_id)
                select number, %s, %s, %s, %s from lab.orders where order_id = %s
                """,
                [kind, Jsonb(params), self.now, write_id, order_id],
            )

    def intervene(self, order_id: str | None, kind: str, params: dict) -> None:
        """This write changes the course of an order of the world; a refused or repeated one changes nothing."""
        if order_id:
            self.interventions.append((order_id, kind, params))

    async def overlay(self, kind: str, object_id: str, changes: dict) -> None:
        """Change an object, unless this write is a repeat."""
        if self.first is None:
            await overlay(self.connection, self.system, kind, object_id, changes, self.now)
        self._say(f"200 updated {kind}/{object_id}")

    async def amend(self, kind: str, object_id: str, changes: dict) -> None:
        """Change what the world says of an object until it says something else; nothing where this is a repeat."""
        if self.first is None:
            await amend(self.connection, self.system, kind, object_id, changes, self.now)
        self._say(f"200 amended {kind}/{object_id}")

    async def insert(self, kind: str, make: Callable[[int], tuple[str, dict]], order_id: str | None = None) -> str:
        """Make an object, or find the one that the first write made; its id. `make` turns a number into (id, body)."""
        if self.first is not None:
            object_id = self.first.rsplit("/", 1)[1]
        else:
            object_id, body = make(await next_number(self.connection))
            await insert(self.connection, self.system, kind, object_id, body, self.now, order_id)
        self._say(f"201 created {kind}/{object_id}")
        return object_id

    async def adopt(self, system: str, kind: str, object_id: str, order_id: str | None) -> None:
        """An object that was of no order belongs to one from now on."""
        await self.connection.execute(
            "update lab.objects set order_id = %s where (system, kind, object_id) = (%s, %s, %s) and order_id is null",
            [order_id, system, kind, object_id],
        )

    async def delete(self, kind: str, object_id: str) -> None:
        """Take an object away: no list shows it any more."""
        if self.first is None:
            await delete(self.connection, self.system, kind, object_id, self.now)
        self._say(f"204 deleted {kind}/{object_id}")

    async def push(self, topic: str, object_id: str, body: dict) -> None:
        """Tell whoever has subscribed, as the world does of its own changes."""
        if self.first is None:
            await self.connection.execute(
                "insert into lab.pushes (system, topic, object_id, body, due_at) values (%s, %s, %s, %s, %s)",
                [self.system, topic, object_id, Jsonb(body), self.now],
            )

    def _say(self, done: str) -> None:
        self.outcome = f"200 repeated: {self.first}" if self.first else done


def json_response(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON, UTF-8."""
    return Response(orjson.dumps(body), status, headers, "application/json")


def _json(content: bytes) -> dict:
    try:
        given = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError:
        raise Refusal(400, "not JSON", {"error": "the body is not JSON"}) from None
    return given if isinstance(given, dict) else {"": given}


def basic(request: Request) -> tuple[str, str]:
    """Login and password of basic auth; empty where there is none."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, password = base64.b64decode(text).decode().partition(":")
    except ValueError:
        return "", ""
    return login, password


def token(request: Request) -> str:
    """The API key of a call: bearer token, X-API-Key, or basic auth (as its login, or its password)."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text
    login, password = basic(request)
    return request.headers.get("x-api-key") or password or login


def same(given: str, secret: str) -> bool:
    """Compare a secret in constant time."""
    return hmac.compare_digest(given.encode(), secret.encode())


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    """Turn a Refusal into its answer."""

    async def serve(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return refusal.response()

    return serve


class Stamped:
    """ASGI wrapper: every answer says the lab's time as of the start of the call, in `X-Server-Time`."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app, self.lab = app, lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        now = await self.lab.now()

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Server-Time"] = now.astimezone(UTC).isoformat()
                if "x-correlation-id" in (name.decode() for name, _ in scope["headers"]):
                    headers["X-Correlation-ID"] = dict(scope["headers"])[b"x-correlation-id"].decode("latin-1")
            await send(message)

        await self.app(scope, receive, stamp)
