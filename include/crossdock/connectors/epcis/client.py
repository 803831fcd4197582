"""Reading an event repository: `GET /events` by time of recording, then `Link` with its `nextPageToken`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from crossdock.connectors import cursor
from crossdock.connectors.assembly import Take, page_of
from crossdock.connectors.base import Page
from crossdock.connectors.epcis.parse import changed_at, events
from crossdock.connectors.epcis.settings import EpcisSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import PartnerDown
from crossdock.transport import auth
from crossdock.transport.gate import Gate
from crossdock.transport.http import Client, Policy, Response

NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.I)
VERSION = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}


def http_client(connection: Connection, gate: Gate, settings: dict) -> Client:
    """The HTTP client of a repository: basic login where there is one, else a bearer token, else none."""
    default = "basic" if connection.login else "bearer" if connection.password else "none"
    proof = auth.for_connection(connection, default=default)
    return Client(connection, auth=proof, gate=gate, policy=Policy.of(settings))


class EpcisReader:
    """Pages of one repository."""

    def __init__(self, connection: Connection, settings: EpcisSettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take]]:
        """Query answers, one a page; the last one carries how far was read."""
        query: dict[str, object] = {"perPage": self._settings.page_size}
        if at := cursor.start(since, self._settings.overlap_seconds):
            query["GE_recordTime"] = _stamp(at)
        if until:
            query["LT_recordTime"] = _stamp(until)
        response = self._client.get_json(self._settings.events_path, query, VERSION)
        began, changes = response.server_at, []
        while True:
            found = events(response.data)
            if found is None:
                raise PartnerDown(f"{response.url} answered without an event list", hint="check settings.events_path")
            times = [changed_at(event) for event in found if isinstance(event, dict)]
            changes = [max((at for at in [*changes, *times] if at), default=None)]
            following = self._following(response, query)
            stored = None if following else cursor.after(since, began, changes)
            yield page_of(response, stored, began)
            if following is None:
                return
            response = self._client.get_json(*following, VERSION)

    def _following(self, response: Response, query: dict) -> tuple[str, dict | None] | None:
        """The next page: the address in `Link`, or the same query with the token where only that is given."""
        link = NEXT.search(response.headers.get("link", ""))
        if link and "://" in link[1]:
            return link[1], None
        if link and "nextPageToken=" in link[1]:
            token = link[1].partition("nextPageToken=")[2].partition("&")[0]
            return self._settings.events_path, query | {"nextPageToken": token}
        return None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
