"""The business clock: what `ref.as_of()` answers, and how the lab or an acceptance run moves it."""

from __future__ import annotations

from datetime import datetime

import psycopg


def read(connection: psycopg.Connection) -> datetime:
    """Business time now."""
    return connection.execute("select ref.as_of()").fetchone()[0]


def follow(connection: psycopg.Connection, business_at: datetime, speed: float) -> None:
    """From now on business time starts at `business_at` and runs `speed` times as fast as the wall; 0 stands still."""
    connection.execute(
        """
        insert into ref.business_clock (wall_at, business_at, speed) values (clock_timestamp(), %s, %s)
        on conflict (is_only) do update
        set wall_at = excluded.wall_at, business_at = excluded.business_at, speed = excluded.speed
        """,
        [business_at, speed],
    )


def reset(connection: psycopg.Connection) -> None:
    """Business time is the wall clock again."""
    connection.execute("delete from ref.business_clock")
