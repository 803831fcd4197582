"""Lab time: the moment up to which the world has been worked out, and how fast it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from crossdock.core import clock
from crossdock.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock at one look. Nothing at or before `now` can still appear in the lab's tables."""

    started_at: datetime
    now: datetime
    wall_at: datetime
    speed: float

    def live(self, wall: datetime | None = None) -> datetime:
        """Where lab time would be if the world were worked out this instant; `now` while it is stepped by hand."""
        return self.now + max(timedelta(0), (wall or datetime.now(UTC)) - self.wall_at) * self.speed

    def to_wall(self, at: datetime) -> datetime:
        """The wall clock's time at lab time `at`, as far as the present speed goes."""
        if not self.speed:
            return self.wall_at
        return self.wall_at + (at - self.now) / self.speed


class Clock:
    """The clock in the lab's database."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def read(self, *, lock: bool = False) -> Reading:
        """Look at it; with `lock`, nobody else moves the world until this transaction ends."""
        sql = "select started_at, processed_through, wall_at, speed from lab.clock" + (" for update" if lock else "")
        row = self.connection.execute(sql).fetchone()
        if row is None:
            raise Misconfigured("the lab has no world yet", hint="run `crossdock lab reset`")
        return Reading(*row)

    def now(self) -> datetime:
        """Lab time."""
        return self.read().now

    def begin(self, at: datetime) -> None:
        """Set a new world's clock, standing still."""
        self.connection.execute("insert into lab.clock (started_at, processed_through) values (%s, %s)", [at, at])

    def reach(self, at: datetime) -> None:
        """The world is worked out up to `at`. A running clock does not lose the time that took."""
        self.connection.execute(
            """update lab.clock set
                   wall_at = case when speed > 0
                       then least(clock_timestamp(), wall_at + (%(at)s - processed_through) / speed)
                       else clock_timestamp() end,
                   processed_through = %(at)s""",
            {"at": at},
        )

    def run(self, speed: float) -> None:
        """Let it run from where it is, `speed` lab seconds a wall second; 0 stops it."""
        self.connection.execute("update lab.clock set speed = %s, wall_at = clock_timestamp()", [speed])


def set_business_clock(product: psycopg.Connection, at: datetime, speed: float) -> None:
    """Make the product's business time follow the lab: `ref.as_of()` is `at` now and runs at `speed`."""
    clock.follow(product, at, speed)
