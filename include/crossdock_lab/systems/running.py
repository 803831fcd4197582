"""The world that goes on behind the faces: advanced by one caller at a time, outside the event loop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from crossdock_lab import db
from crossdock_lab.clock import Clock, Reading
from crossdock_lab.world import run


class Running:
    """The world in the database `dsn`."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.lock = asyncio.Lock()

    async def reading(self) -> Reading:
        """The lab's clock. Raises Misconfigured while there is no world."""
        return await asyncio.to_thread(self._read)

    async def advance(self, to: datetime) -> int:
        """Work the world out up to `to`; its clock keeps its speed. Gives the number of changes shown."""
        async with self.lock:
            return await asyncio.to_thread(self._advance, to)

    async def follow_clock(self) -> int:
        """Work the world out up to where its running clock is by now; nothing while it stands still."""
        reading = await self.reading()
        return await self.advance(reading.live(datetime.now(UTC))) if reading.speed else 0

    def _read(self) -> Reading:
        with db.connect(self.dsn) as connection:
            return Clock(connection).read()

    def _advance(self, to: datetime) -> int:
        with db.connect(self.dsn, name="lab world") as connection:
            return run.advance(connection, to)
