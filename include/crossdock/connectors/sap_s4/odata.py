"""OData v2 as SAP writes it: dates, keys, the `d` envelope. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WIRE = re.compile(r"^/Date\((-?\d{1,15})([+-]\d{4})?\)/$")


def moment(given: object) -> datetime | None:
    """`/Date(1700000000000)/` or `/Date(1700000000000+0000)/` (milliseconds UTC, the offset is for display only)."""
    found = WIRE.match(given) if isinstance(given, str) else None
    try:
        return EPOCH + timedelta(milliseconds=int(found[1])) if found else None
    except OverflowError:
        return None


def day_literal(at: datetime) -> str:
    """The day of `at`, in the zone it is given in, for a property of type Edm.DateTime."""
    return f"datetime'{at:%Y-%m-%d}T00:00:00'"


def moment_literal(at: datetime) -> str:
    """`at` for a property of type Edm.DateTimeOffset, to the second below."""
    return f"datetimeoffset'{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z'"


def wire_day(day: date) -> str:
    """A day for a property of type Edm.DateTime, as JSON carries it."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return f"/Date({(at - EPOCH) // timedelta(milliseconds=1)})/"


def text_literal(given: str) -> str:
    return "'" + given.replace("'", "''") + "'"


def results(data: object) -> list | None:
    """The entities of a collection: `d.results`, or `d` itself as the oldest gateways have it."""
    d = data.get("d") if isinstance(data, dict) else None
    found = d.get("results") if isinstance(d, dict) else d
    return found if isinstance(found, list) else None


def goes_on(data: object) -> bool:
    """Whether the server has cut the list and offers `__next`."""
    d = data.get("d") if isinstance(data, dict) else None
    return isinstance(d, dict) and bool(d.get("__next"))


def bare(entity: object) -> object:
    """An entity without what depends on the server that answered: `__metadata` and links not followed."""
    if isinstance(entity, list):
        return [bare(each) for each in entity]
    if not isinstance(entity, dict):
        return entity
    return {
        name: bare(value)
        for name, value in entity.items()
        if name != "__metadata" and not (isinstance(value, dict) and "__deferred" in value)
    }
