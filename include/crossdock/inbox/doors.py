"""Who may send webhooks, and to which feed each belongs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.connectors.base import Connector, feeds_of
from crossdock.db.connect import connect
from crossdock.landing.feeds import Feed, feeds

FRESH_FOR = 30.0  # seconds; a partner that is added is served at the latest after this


@dataclass(frozen=True, slots=True)
class Door:
    """One partner's entrance: its connector checks and routes, `feed_ids` says where each kind goes."""

    partner_id: str
    connector: Connector
    feed_ids: Mapping[str, int]

    @property
    def fallback_feed_id(self) -> int:
        """Where a signed body goes that no feed claims: it is kept, then set aside with a reason."""
        return min(self.feed_ids.values())

    def admit(self, headers: Mapping[str, str], body: bytes) -> int:
        """The feed of this body. Raises NotPermitted for a wrong signature, Unparsable when no feed claims it."""
        self.connector.verify(headers, body)
        return self.feed_ids.get(self.connector.route(headers, body), self.fallback_feed_id)


class Doors:
    """The doors of all partners that push, read again now and then."""

    def __init__(self, conninfo: str | None = None) -> None:
        self.conninfo = conninfo
        self.doors: dict[str, Door] = {}
        self.read_at = -FRESH_FOR
        self.reading = asyncio.Lock()

    async def find(self, partner_id: str) -> Door | None:
        """The partner's door, or None. While the doors are being read, whoever asks waits."""
        if partner_id in self.doors and time.monotonic() - self.read_at <= FRESH_FOR:
            return self.doors[partner_id]
        async with self.reading:
            age = time.monotonic() - self.read_at
            if age > FRESH_FOR or (partner_id not in self.doors and age > 1.0):
                self.doors = await asyncio.to_thread(self._read)
                self.read_at = time.monotonic()
        return self.doors.get(partner_id)

    def _read(self) -> dict[str, Door]:
        with connect("inbox doors", conninfo=self.conninfo) as connection:
            pushed = [f for f in feeds(connection) if _is_pushed(f)]
        return {
            partner_id: Door(partner_id, next(f for f in pushed if f.partner_id == partner_id).connector(),
                             {f.kind: f.feed_id for f in pushed if f.partner_id == partner_id})
            for partner_id in {f.partner_id for f in pushed}
        }  # fmt: skip


def _is_pushed(feed: Feed) -> bool:
    kind = feeds_of(feed.system_type).get(feed.kind)
    return feed.mode == "push" or (kind is not None and kind.pushed)
