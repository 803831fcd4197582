"""When an alert may go out: the digest's next hour, outside quiet hours. Wall clock, in the route's zone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta

from crossdock.alerts.routes import DAYS, Quiet, Route


def due(route: Route, severity: str, event: str, earliest: datetime) -> datetime:
    """The first moment, not before `earliest`, at which `route` may tell this; in UTC."""
    slot = next_slot(route, earliest)
    if route.quiet is None or severity in route.quiet.except_severities or event in route.quiet.except_events:
        return slot
    return _after_quiet(route.quiet, slot.astimezone(route.tz)).astimezone(UTC)


def next_slot(route: Route, earliest: datetime) -> datetime:
    """The next time of the route's digest, quiet or not; `earliest` itself where the route tells at once."""
    if route.digest.every:
        step = route.digest.every.total_seconds()
        return datetime.fromtimestamp(math.ceil(earliest.timestamp() / step) * step, UTC)
    if route.digest.daily:
        local = earliest.astimezone(route.tz)
        slot = _at(local, route.digest.daily)
        return (slot if slot >= local else _at(local + timedelta(days=1), route.digest.daily)).astimezone(UTC)
    return earliest.astimezone(UTC)


def _at(day: datetime, clock_time: time) -> datetime:
    return day.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0)


def _after_quiet(quiet: Quiet, local: datetime) -> datetime:
    """`local` itself where it is not quiet, else the end of the quiet time around it."""
    for _ in range(2 * len(DAYS) + 2):
        if DAYS[local.weekday()] in quiet.days:
            local = _at(local + timedelta(days=1), time(0))
            continue
        if not _is_quiet_hour(quiet, local.time()):
            break
        ends_today = local.time() < quiet.ends
        local = _at(local if ends_today else local + timedelta(days=1), quiet.ends)
    return local


def _is_quiet_hour(quiet: Quiet, at: time) -> bool:
    if quiet.begins < quiet.ends:
        return quiet.begins <= at < quiet.ends
    return at >= quiet.begins or at < quiet.ends
