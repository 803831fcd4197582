"""Lets the world go on: what the clock's loop, the control endpoint and the command line call."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from crossdock_lab.world.engine import World

SLICE = timedelta(hours=1)
"""The longest a world is worked out at once: after a pause it catches up hour by hour, so that pushes stay in order."""

_open: dict[str, World] = {}


def world(connection: psycopg.Connection) -> World:
    """The open world of this database: kept between calls, drawn again when somebody else has moved it."""
    key = connection.info.dsn
    kept = _open.get(key)
    if kept is not None:
        kept.use(connection)
        if kept.is_current():
            return kept
    _open[key] = World(connection)
    return _open[key]


def advance(connection: psycopg.Connection, until: datetime) -> int:
    """Work the world out up to `until`, in slices, each committed. Gives the number of changes shown.

    To the truth it is one moment: what begins and ends in between was there for nobody to see.
    """
    count = 0
    opened = world(connection)
    told_at = connection.execute("select clock_timestamp()").fetchone()[0]
    while opened.now < until:
        before = opened.now
        try:
            count += opened.advance(min(until, before + SLICE), told_at)
        except BaseException:
            # Half an advance is in memory and none of it in the database: what is drawn anew is right.
            _open.pop(connection.info.dsn, None)
            raise
        if opened.now == before:
            opened = world(connection)
    return count
