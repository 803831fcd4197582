"""Alert routes: versioned data that says who is told what, by which channel, how often. No secret and no address."""

from __future__ import annotations

import hashlib
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import orjson
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from crossdock.alerts.events import EVENTS, of_kind
from crossdock.core.durations import duration
from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings

SEVERITIES = ("critical", "high", "medium", "low")
CHANNEL = r"^[A-Za-z0-9_]+$"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Severity = Literal["critical", "high", "medium", "low"]


def _duration(given: Any) -> timedelta:
    return given if isinstance(given, timedelta) else duration(str(given), "30m")


def _clock_time(given: Any) -> time:
    if isinstance(given, time):
        return given
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(given)):
        raise ValueError('write hours and minutes in quotes, as in "07:30"')
    return time.fromisoformat(given)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]


def _known_events(names: list[str]) -> list[str]:
    unknown = sorted(set(names) - set(EVENTS))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(EVENTS)}")
    return names


EventNames = Annotated[list[str], BeforeValidator(_known_events)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Audience(_Strict):
    """A queue's people, the people of an Airflow role, or one person; person `assignee`: whoever has the case."""

    queue: str | None = None
    role: str | None = None
    person: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Audience:
        if sum(part is not None for part in (self.queue, self.role, self.person)) != 1:
            raise ValueError("say exactly one of queue, role, person")
        return self

    def __str__(self) -> str:
        name = "queue" if self.queue else "role" if self.role else "person"
        return f"{name}:{getattr(self, name)}"


class Digest(_Strict):
    """Every so many minutes, or once a day in the route's zone; neither: at once."""

    every: Duration | None = None
    daily: ClockTime | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Digest:
        if self.every and self.daily:
            raise ValueError("say every or daily, not both")
        return self

    @property
    def is_at_once(self) -> bool:
        return self.every is None and self.daily is None


class Quiet(_Strict):
    """Hours of the route's zone, and whole days, in which nothing is sent but what breaks through."""

    begins: ClockTime = Field(alias="from")
    ends: ClockTime = Field(alias="until")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(default_factory=list)
    except_severities: list[Severity] = Field(default_factory=list)
    except_events: EventNames = Field(default_factory=list)

    @model_validator(mode="after")
    def _leaves_time(self) -> Quiet:
        if self.begins == self.ends or len(set(self.days)) == len(DAYS):
            raise ValueError("quiet hours must leave some time to send")
        return self


class Step(_Strict):
    """Whom to tell next. unanswered: `after` the sending; sla_*: `after` the deadline came near or passed."""

    when: Literal["unanswered", "sla_at_risk", "sla_passed"] = "unanswered"
    after: Duration = timedelta(0)
    to: Audience
    channel: str = Field(pattern=CHANNEL)


class Route(_Strict):
    """Who is told what, and how."""

    kind: Literal["business", "technical"]
    audience: Audience
    events: EventNames = Field(default_factory=list)
    minimum_severity: Severity = "low"
    codes: list[str] = Field(default_factory=list)
    channel: str = Field(pattern=CHANNEL)
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    zone: str = "UTC"
    gather: Duration = timedelta(0)
    digest: Digest = Digest()
    quiet: Quiet | None = None
    window: Duration = timedelta(hours=1)
    escalate: list[Step] = Field(default_factory=list)
    carries_chain_head: bool = False

    @field_validator("digest", mode="before")
    @classmethod
    def _at_once(cls, given: Any) -> Any:
        return {} if given == "at_once" else given

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("write a zone of the IANA list, as in Europe/Berlin")
        return zone

    @model_validator(mode="after")
    def _is_sound(self) -> Route:
        foreign = [name for name in self.events if EVENTS[name].kind != self.kind]
        if foreign:
            raise ValueError(f"{', '.join(foreign)}: not of kind {self.kind}; give them a route of their own")
        if self.carries_chain_head and not self.digest.daily:
            raise ValueError("carries_chain_head needs a daily digest")
        if any(step.to.person == "assignee" for step in self.escalate):
            raise ValueError("escalate to somebody in particular: the assignee has not answered")
        if self.kind == "technical" and any(step.when != "unanswered" for step in self.escalate):
            raise ValueError("a technical route escalates when unanswered; it has no SLA")
        return self

    @property
    def told(self) -> list[str]:
        """The events that it tells; none named: all of its kind."""
        return self.events or of_kind(self.kind)

    @property
    def severities(self) -> list[str]:
        return list(SEVERITIES[: SEVERITIES.index(self.minimum_severity) + 1])

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Watch(_Strict):
    """From when something is worth telling. SLA and approvals in business time, the rest by the wall clock."""

    sla_at_risk_share: float = Field(default=0.25, gt=0, lt=1)
    """Of the time that the severity allows: so much of it is left."""
    approval_expiring: Duration = timedelta(minutes=30)
    news_within: Duration = timedelta(days=7)
    """What was wrong longer ago than this when it was found came by a backfill or replay: kept, not told."""
    feed_stalled_intervals: int = Field(default=5, ge=2)
    feed_stalled_at_least: Duration = timedelta(minutes=15)
    quarantine_rows: int = Field(default=20, ge=1)
    quarantine_within: Duration = timedelta(hours=1)
    lane_lag: Duration = timedelta(minutes=2)
    outbox_stuck: Duration = timedelta(minutes=15)
    processes: list[str] = Field(default_factory=list)
    """Sessions that must exist, by the name after `crossdock` in pg_stat_activity."""


class Routes(_Strict):
    """A file of routes. `people` maps a login to the channel that reaches it, for routes to a person."""

    version: int = Field(ge=1)
    watch: Watch = Watch()
    people: dict[str, Annotated[str, Field(pattern=CHANNEL)]] = Field(default_factory=dict)
    routes: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Route] = Field(min_length=1)

    @property
    def content(self) -> dict:
        """As JSON, defaults included: what a version of the routes means."""
        return self.model_dump(mode="json")

    @property
    def hash(self) -> str:
        return hashlib.sha256(orjson.dumps(self.content, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def channels(self) -> set[str]:
        """Every connection id that is named."""
        steps = {step.channel for route in self.routes.values() for step in route.escalate}
        return {route.channel for route in self.routes.values()} | steps | set(self.people.values())


def file() -> Path:
    """The file in force: CROSSDOCK_ALERT_ROUTES, else the product's own."""
    given = settings().alert_routes
    return Path(given) if given else Path(__file__).with_name("routes.yaml")


def load(path: Path | None = None) -> Routes:
    """Read and check a file of routes. Raises Misconfigured, naming the file and each wrong field."""
    chosen = path or file()
    try:
        given = yaml.safe_load(chosen.read_text())
    except OSError as error:
        raise Misconfigured(f"{chosen} cannot be read: {error.strerror}", hint="set CROSSDOCK_ALERT_ROUTES") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"{chosen} is not YAML: {error}") from None
    try:
        return Routes.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Misconfigured(f"{chosen}: {wrong}", hint="see docs/how-to/route-alerts.md") from None
