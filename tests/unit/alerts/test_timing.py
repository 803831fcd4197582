"""When an alert may go out, in the route's zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossdock.alerts import timing
from crossdock.alerts.routes import Route

NIGHT = {"from": "20:00", "until": "06:00", "except_severities": ["critical"], "except_events": ["sla_passed"]}


def route(**given) -> Route:
    return Route.model_validate(
        {
            "kind": "business",
            "audience": {"queue": "warehouse"},
            "channel": "mail",
            "zone": "Europe/Berlin",
            **given,
        }
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "earliest", "due"),
    [
        ({}, "2026-11-20 10:07:13", "2026-11-20 10:07:13"),
        ({"digest": {"every": "30m"}}, "2026-11-20 10:07:13", "2026-11-20 10:30"),
        ({"digest": {"every": "30m"}}, "2026-11-20 10:30", "2026-11-20 10:30"),
        ({"digest": {"daily": "07:30"}}, "2026-11-20 06:29", "2026-11-20 06:30"),
        ({"digest": {"daily": "07:30"}}, "2026-11-20 06:31", "2026-11-21 06:30"),
        # Summer time ends in between: the same hour on the wall is another one in UTC.
        ({"digest": {"daily": "07:30"}}, "2026-10-24 05:31", "2026-10-25 06:30"),
        ({"quiet": NIGHT}, "2026-11-20 18:59", "2026-11-20 18:59"),
        ({"quiet": NIGHT}, "2026-11-20 19:00", "2026-11-21 05:00"),
        ({"quiet": NIGHT}, "2026-11-21 04:59", "2026-11-21 05:00"),
        ({"quiet": {**NIGHT, "days": ["sat", "sun"]}}, "2026-11-20 19:00", "2026-11-23 05:00"),
        ({"quiet": {"from": "12:00", "until": "13:00"}}, "2026-11-20 11:30", "2026-11-20 12:00"),
    ],
)
def test_the_first_hour_at_which_a_route_may_tell(given, earliest, due):
    """At once, at the next slot of the digest, after the quiet hours: by the clock on the wall there."""
    assert timing.due(route(**given), "high", "case_opened", utc(earliest)) == utc(due)


@pytest.mark.parametrize(("severity", "event"), [("critical", "case_opened"), ("low", "sla_passed")])
def test_what_breaks_through_quiet_hours(severity, event):
    """Severities and events that the route names do not wait for the morning."""
    at = utc("2026-11-20 23:00")
    assert timing.due(route(quiet=NIGHT), severity, event, at) == at
    assert timing.due(route(quiet=NIGHT), "low", "case_opened", at) > at
