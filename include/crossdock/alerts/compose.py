"""The words of a message: subject and body from Jinja2 templates in the route's language, personal data masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import yaml
from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from psycopg.rows import dict_row

from crossdock.alerts import routes as routes_file
from crossdock.alerts.events import HEAD
from crossdock.alerts.mask import masked
from crossdock.alerts.plan import sql
from crossdock.alerts.routes import SEVERITIES, Route
from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings

SHOWN = 20
"""So many cases of one cause are named; the rest are counted."""
OWN = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out, but for the address. `chain`: position and hash of the head that the body states."""

    subject: str
    body: str
    severity: str
    chain: tuple[int, bytes] | None = None


def compose(connection: psycopg.Connection, route: Route, alert_ids: list[int], now: datetime) -> Message:
    """One message for these alerts of one route. Raises Misconfigured where a template is wrong."""
    with connection.cursor(row_factory=dict_row) as cursor:
        alerts = cursor.execute(sql("alerts_of"), {"alert_ids": alert_ids, "shown": SHOWN}).fetchall()
    chain = _head(connection) if any(alert["event"] == HEAD for alert in alerts) else None
    told = [alert for alert in alerts if alert["event"] != HEAD]
    severity = min((alert["severity"] for alert in alerts), key=SEVERITIES.index)
    is_single = len(told) == 1 and chain is None and route.digest.is_at_once
    text = render(
        route.language,
        "alert.j2" if is_single else "digest.j2",
        alert=told[0] if told else None,
        alerts=told,
        shown=SHOWN,
        severity=severity,
        local=_local_time(route.tz),
        now=now,
        desk=settings().desk_url.rstrip("/"),
        chain_position=chain[0] if chain else None,
        chain_hash=chain[1].hex() if chain else None,
    )
    subject, _, body = masked(text).strip().partition("\n")
    return Message(subject.strip(), body.strip() + "\n", severity, chain)


def _head(connection: psycopg.Connection) -> tuple[int, bytes] | None:
    """Position and hash of the newest sealed event."""
    return connection.execute("select position, hash from ops.audit_chain order by position desc limit 1").fetchone()


def _local_time(zone: ZoneInfo):
    """A filter: a time, or its ISO text, as people of the zone write it; business times included."""

    def local(given: datetime | str | None) -> str:
        if given is None:
            return "–"
        at = datetime.fromisoformat(given) if isinstance(given, str) else given
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")

    return local


def folders() -> list[Path]:
    """Where templates are looked for: `templates` beside the company's own routes, then ours."""
    beside = routes_file.file().parent / "templates"
    return [beside, OWN] if beside != OWN else [OWN]


@cache
def _environment(places: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(list(places)), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def words(language: str) -> dict:
    """The words of a language: events, severities, states. Raises Misconfigured for one that nobody has written."""
    for folder in folders():
        path = folder / language / "words.yaml"
        if path.is_file():
            return yaml.safe_load(path.read_text())
    raise Misconfigured(f"alerts have no words for language {language!r}", hint="write templates/<language>/words.yaml")


def render(language: str, name: str, **values: object) -> str:
    """The template's text: its first line is the subject. `local` formats times."""
    environment = _environment(tuple(folders()))
    try:
        return environment.get_template(f"{language}/{name}").render(words=words(language), **values)
    except TemplateNotFound as error:
        raise Misconfigured(f"there is no template {error}", hint="see docs/how-to/route-alerts.md") from None
    except Exception as error:  # a company's template may do anything wrong
        raise Misconfigured(
            f"template {language}/{name}: {error}", hint="try it with `crossdock alerts test`"
        ) from None
