"""The senders of webhooks: what is due in `lab.pushes`, signed as each system signs, sent until somebody says 2xx.

One loop takes what is due in batches and sends each batch over kept-alive connections, several at once, so that
webhooks overtake each other as they do in life. A push that fails is tried again after 1, 2, 4 … seconds of the wall
clock, at most a minute apart, twelve times; then it is given up.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpcore
import orjson
import psycopg
import structlog
from psycopg.rows import class_row

from crossdock_lab.systems.easypost import payloads as easypost
from crossdock_lab.systems.epcis import payloads as epcis
from crossdock_lab.systems.http import Lab

PARTNERS = {"wms": "wms-main", "easypost": "easypost", "shop": "shop-main"}
TRIES, LONGEST = 12, 60
"""How often a push is tried, and the longest pause between two tries (s)."""
BATCH, AT_ONCE, IDLE = 200, 16, 0.05
"""Rows a batch, calls at once, and seconds to sleep when nothing is due."""

PATIENCE = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 10)}
"""How long a receiver may take (s)."""
FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)

DUE = """
    select push_id, system, topic, body, pushes.due_at, copies, attempts from lab.pushes, lab.clock
    where sent_at is null and given_up_at is null and pushes.due_at <= processed_through and push_id <> all(%s)
    order by pushes.due_at, push_id limit %s
"""
DONE = """
    update lab.pushes as p set attempts = p.attempts + 1, status_code = d.status,
        sent_at = case when d.status between 200 and 299 then clock_timestamp() end,
        given_up_at = case when d.status is null or (d.status not between 200 and 299 and p.attempts + 1 >= %s)
            then clock_timestamp() end
    from unnest(%s::bigint[], %s::integer[]) as d (push_id, status) where p.push_id = d.push_id
"""

log = structlog.get_logger(room="lab")


@dataclass(frozen=True, slots=True)
class Push:
    """One webhook to send now."""

    push_id: int
    system: str
    topic: str
    body: dict
    due_at: datetime
    copies: int
    attempts: int


def message(push: Push, secret: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers, wrapped and signed as the system does; a second try sends the same of both."""
    event_id = hashlib.md5(f"{push.system}/{push.push_id}".encode(), usedforsecurity=False).hexdigest()
    if push.system == "easypost":
        body = orjson.dumps(easypost.push(push.body, f"evt_{event_id}", push.due_at))
        return body, {"X-Hmac-Signature": easypost_signature(secret, body)}
    if push.system == "shop":
        body = orjson.dumps(push.body)
        return body, {
            "X-Shopify-Topic": push.topic,
            "X-Shopify-Webhook-Id": event_id,
            "X-Shopify-Shop-Domain": "crossdock-lab.myshopify.com",
            "X-Shopify-API-Version": "2025-01",
            "X-Shopify-Hmac-Sha256": shopify_signature(secret, body),
        }
    body = orjson.dumps(epcis.push([push.body] if "eventID" in push.body else push.body["events"]))
    return body, {
        "GS1-EPCIS-Version": "2.0.0",
        "X-EPCIS-Event": event_id,
        "X-Signature-SHA256": epcis_signature(secret, body),
    }


def easypost_signature(secret: str, body: bytes) -> str:
    """EasyPost: the secret NFKD-normalised, the digest in hex behind its name."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"


def shopify_signature(secret: str, body: bytes) -> str:
    """Shopify: base64 of the digest."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def epcis_signature(secret: str, body: bytes) -> str:
    """The warehouse: the digest in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Sender:
    """Sends what is due to `<base>/hooks/<partner>` until it is cancelled."""

    def __init__(self, lab: Lab, base: str) -> None:
        self.lab, self.base = lab, base.rstrip("/")
        self.client = httpcore.AsyncConnectionPool(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self.host = urlsplit(base).netloc
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.waiting: dict[int, float] = {}
        """Pushes that failed: when each may be tried again, by the monotonic clock."""

    async def run(self) -> None:
        """Send for ever."""
        async with self.client:
            while True:
                try:
                    sent = await self.drain()
                except psycopg.Error as error:  # the database is away: the pushes are still there when it is back
                    log.error("webhooks could not be read or noted", error=str(error))
                    sent = 0
                if not sent:
                    await asyncio.sleep(IDLE)

    async def drain(self) -> int:
        """Send one batch of what is due; how many pushes were in it."""
        now = time.monotonic()
        self.waiting = {push_id: at for push_id, at in self.waiting.items() if at > now}
        async with self.lab.pool.connection() as connection, connection.cursor(row_factory=class_row(Push)) as cursor:
            due = await (await cursor.execute(DUE, [list(self.waiting), BATCH])).fetchall()
        if self.lab.rules.pick("*", "/hooks", frozenset({"reorder"})):
            due.reverse()
        statuses = await asyncio.gather(*(self._one(push) for push in due))
        for push, status in zip(due, statuses, strict=True):
            if status is not None and not 200 <= status < 300:
                self.waiting[push.push_id] = time.monotonic() + min(LONGEST, 2**push.attempts)
        if due:
            await self._note([push.push_id for push in due], statuses)
        return len(due)

    async def _note(self, push_ids: list[int], statuses: list[int | None]) -> None:
        async with self.lab.pool.connection() as connection:
            await connection.execute(DONE, [TRIES, push_ids, statuses])

    async def _one(self, push: Push) -> int | None:
        """Send one push as often as it is to be sent: the last status, 0 for no answer, None if lost on purpose."""
        path = f"/hooks/{PARTNERS[push.system]}"
        rule = self.lab.rules.pick(push.system, path, frozenset({"lose", "duplicate"}))
        if rule and rule.behaviour == "lose":
            return None
        body, headers = message(push, self.lab.secrets[f"{push.system}_webhook"])
        status = 0
        for _ in range(push.copies + bool(rule)):
            status = await self._post(
                path,
                body,
                headers | {"Content-Type": "application/json", "Content-Length": str(len(body)), "Host": self.host},
            )
        return status

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        async with self.gate:
            try:
                answer = await self.client.request(
                    "POST", f"{self.base}{path}", headers=list(headers.items()), content=body, extensions=PATIENCE
                )
                return answer.status
            except FAILURES:
                return 0
