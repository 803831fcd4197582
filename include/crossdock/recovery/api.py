"""What DAGs, the command line and tests call of recovery. All of it runs by the wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from crossdock.core import log
from crossdock.core.errors import Refused

__all__ = ["Watched", "past", "set_objective", "status", "watch"]

SQL = Path(__file__).parent / "sql"
LOCK = "select pg_advisory_xact_lock(hashtextextended('ops.recoveries', 0))"
LOOK = """
    create temp table looked_at on commit drop as
    select event_type, source, partner_id, feed_id, data_point_at, data_age, is_interrupted, cause, interrupted_at,
        recover_within, data_age_limit, criticality
    from ops.recovery_at(%(now)s)
"""
logger = log.get("recovery")


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look wrote: interruptions that began, and that ended."""

    began: int
    ended: int


@cache
def _sql(name: str) -> bytes:
    return (SQL / f"{name}.sql").read_bytes()


def watch(connection: psycopg.Connection, *, now: datetime | None = None) -> Watched:
    """Write down what is interrupted since the last look and what is current again, in one transaction.

    Two that watch at once follow one another. `now` is the wall clock, for tests.
    """
    values = {"now": now or datetime.now(UTC)}
    with connection.transaction():
        connection.execute(LOCK)
        connection.execute("drop table if exists pg_temp.looked_at")
        connection.execute(LOOK, values)
        connection.execute(_sql("follow"), values)
        ended = connection.execute(_sql("close"), values).rowcount
        began = connection.execute(_sql("begin"), values).rowcount
    if began or ended:
        logger.info("recovery", began=began, ended=ended)
    return Watched(began, ended)


def status(connection: psycopg.Connection) -> list[dict]:
    """Every type of event and source: how old what we know is, against its objectives; one without a source too."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_sql("status")).fetchall()


def past(
    connection: psycopg.Connection, *, days: int = 30, event_type: str | None = None, limit: int = 50
) -> list[dict]:
    """The interruptions that began in the last `days`, the newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_sql("past"), {"days": days, "event_type": event_type, "limit": limit}).fetchall()


def set_objective(
    connection: psycopg.Connection,
    event_type: str,
    *,
    by: str,
    recover_within: timedelta | None = None,
    data_age_limit: timedelta | None = None,
    criticality: str | None = None,
    note: str | None = None,
    now: datetime | None = None,
) -> None:
    """From now on this objective holds; what is None stays as it was. Raises Refused for what cannot be.

    Interruptions that are open keep the objectives they began with.
    """
    values = {"event_type": event_type, "now": now or datetime.now(UTC)}
    with connection.transaction():
        row = connection.execute(_sql("set_objective"), values).fetchone()
        if row is None and None in (recover_within, data_age_limit, criticality):
            raise Refused(
                f"event type {event_type!r} has no objective now that could be changed",
                hint="see `crossdock recovery`; for a first objective say recovery time, data age and criticality",
            )
        old = row or (None, None, None)
        try:
            connection.execute(
                """
                insert into ref.recovery_objectives (event_type, recover_within, data_age_limit, criticality,
                    valid_from, approved_by, note)
                values (%(event_type)s, %(recover_within)s, %(data_age_limit)s, %(criticality)s, %(now)s, %(by)s,
                    %(note)s)
                """,
                values | {"recover_within": recover_within or old[0], "data_age_limit": data_age_limit or old[1],
                          "criticality": criticality or old[2], "by": by, "note": note},
            )  # fmt: skip
        except psycopg.errors.ForeignKeyViolation:
            raise Refused(f"there is no event type {event_type!r}", hint="see `crossdock recovery`") from None
