"""Values of facts: they are JSON, so quantities and amounts are text there, times ISO text in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


def number(value: str | int | None) -> Decimal:
    """A quantity or amount; what is not known counts as 0."""
    return Decimal(str(value)) if value is not None else Decimal(0)


def moment(value: str | None) -> datetime | None:
    """A time with its zone."""
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def written(value: Decimal) -> str:
    """A quantity as text without needless zeros: `4`, `2.5`."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def promise(at: datetime, zone: str) -> dict:
    """The promise that a delivery at `at` keeps: the midnight that follows it where the ERP is.

    `{"date": YYYY-MM-DD, "at": <the same moment, ISO UTC>}`: a promise for a day is kept until that day begins.
    """
    local = at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight < local:
        midnight = (midnight + timedelta(days=1)).replace(hour=0)
    return {"date": midnight.date().isoformat(), "at": midnight.astimezone(UTC).isoformat()}


def days_past(at: datetime, owed: datetime | None) -> int:
    """Whole days from `owed` to `at`, begun days counted; 0 where it is in time or nothing was promised."""
    if owed is None or at <= owed:
        return 0
    return -((owed - at) // timedelta(days=1))
