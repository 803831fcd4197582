"""Values of facts: they are JSON, so quantities are numbers there, amounts are text, times ISO text in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


def number(value: str | float | None) -> Decimal:
    """A quantity or amount; what is not known counts as 0."""
    return Decimal(str(value)) if value is not None else Decimal(0)


def moment(value: str | None) -> datetime | None:
    """A time with its zone."""
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def plain(value: Decimal) -> int | float:
    """A quantity as a JSON number: an int where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def money(value: Decimal) -> str:
    """An amount as text with at least two places: `129.00`, `4.3333`."""
    value = value.normalize()
    return f"{value:f}" if value.as_tuple().exponent < -2 else f"{value:.2f}"


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
