"""Reading Zendesk: the cursor export, whose cursor outlives the poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crossdock.connectors import cursor
from crossdock.connectors.assembly import Take, page_of
from crossdock.connectors.base import Page
from crossdock.connectors.payload import listed, moment, text
from crossdock.connectors.zendesk.settings import ZendeskSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import NotPermitted, PartnerDown, Refused
from crossdock.transport import auth
from crossdock.transport.gate import Gate
from crossdock.transport.http import Client, Policy, Response

EXPORT = "api/v2/incremental/tickets/cursor.json"


def http_client(connection: Connection, gate: Gate, settings: dict) -> Client:
    """The HTTP client of a help desk."""
    return Client(connection, auth=auth.for_connection(connection), gate=gate, policy=Policy.of(settings))


class ZendeskReader:
    """Pages of one help desk."""

    def __init__(self, connection: Connection, settings: ZendeskSettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take]]:
        """Pages of the export; each carries Zendesk's own cursor. The export has no upper end: `until` is not sent."""
        response = self._first(since)
        began = response.server_at
        while True:
            found = listed(response.data, "tickets")
            if found is None:
                raise PartnerDown(f"{response.url} answered without tickets", hint="check the connection's host")
            after = text(response.data.get("after_cursor"))
            more = response.data.get("end_of_stream") is False and bool(after)
            yield page_of(response, _stored(after, since, began, found), began)
            if not more:
                return
            response = self._client.get_json(EXPORT, self._query(cursor=after))

    def _first(self, since: dict) -> Response:
        """From the stored cursor; from the time stored beside it when Zendesk no longer knows the cursor."""
        if since.get("cursor"):
            try:
                return self._client.get_json(EXPORT, self._query(cursor=since["cursor"]))
            except NotPermitted:
                raise
            except Refused:
                pass
        at = cursor.start(since, self._settings.overlap_seconds)
        return self._client.get_json(EXPORT, self._query(start_time=int(at.timestamp()) if at else 0))

    def _query(self, **given: object) -> dict:
        return {"per_page": self._settings.page_size, **given}


def _stored(after: str, since: dict, began: datetime | None, found: list) -> dict:
    times = [moment(each.get("updated_at")) for each in found if isinstance(each, dict)]
    through = cursor.after(since, began, times).get("through")
    kept = {"through": through} if through else {}
    if after:
        kept["cursor"] = after
    elif since.get("cursor"):
        kept["cursor"] = since["cursor"]
    return kept
