"""Group commit: webhooks that arrive while others are being stored share one statement and one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
from psycopg_pool import AsyncConnectionPool

STORE = (Path(__file__).parent / "sql" / "store.sql").read_text()
MOST_EVENTS = 500
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook that may be kept."""

    feed_id: int
    body: bytes
    content_type: str
    source_ref: str
    correlation_id: str
    headers: dict[str, str]


Waiting = tuple[Event, asyncio.Future]


class Store:
    """Keeps events, each once. An idle store begins at once; a busy one lets the next batch gather meanwhile."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._waiting: list[Waiting] = []
        self._storing: asyncio.Task | None = None

    async def put(self, event: Event) -> None:
        """Return once the event is committed. Raises psycopg.Error when it is not: nothing of it was kept."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        if self._storing is None:
            self._storing = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        batch: list[Waiting] = []
        try:
            while self._waiting:
                batch = self._batch()
                await self._keep(batch)
        except BaseException as error:
            left, self._waiting = [*batch, *self._waiting], []
            _settle(left, psycopg.OperationalError(f"the inbox stopped storing: {error!r}"))
            raise
        finally:
            self._storing = None

    def _batch(self) -> list[Waiting]:
        """What waits, oldest first, as much as one statement should hold."""
        size = count = 0
        for event, _ in self._waiting[:MOST_EVENTS]:
            size += len(event.body)
            if count and size > MOST_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _keep(self, batch: Sequence[Waiting]) -> None:
        """Store a batch and wake who waits for it. One that cannot be stored does not harm the others."""
        try:
            async with self._pool.connection(timeout=5) as connection:
                await connection.execute(STORE, _values([event for event, _ in batch]), prepare=True)
        except psycopg.Error as error:
            if len(batch) > 1 and not isinstance(error, psycopg.OperationalError):
                for each in batch:
                    await self._keep([each])
            else:
                _settle(batch, error)
        else:
            _settle(batch, None)


def _settle(batch: Sequence[Waiting], error: psycopg.Error | None) -> None:
    for _, done in batch:
        if done.done():  # who waited has hung up
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _values(events: Sequence[Event]) -> dict[str, object]:
    """The parameters of the statement for these events."""
    described, begins_at = [], 0
    for event in events:
        described.append(
            {
                "feed_id": event.feed_id,
                "begins_at": begins_at,
                "content_bytes": len(event.body),
                "content_type": event.content_type,
                "source_ref": event.source_ref,
                "correlation_id": event.correlation_id,
                "headers": event.headers,
            }
        )
        begins_at += len(event.body)
    return {"events": orjson.dumps(described).decode(), "bodies": b"".join(event.body for event in events)}
