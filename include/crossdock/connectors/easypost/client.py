"""Reading EasyPost: trackers created lately, newest first, page by page before the last id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from crossdock.connectors import cursor
from crossdock.connectors.assembly import Take, page_of
from crossdock.connectors.base import Page
from crossdock.connectors.easypost.settings import EasyPostSettings
from crossdock.connectors.payload import listed, moment, text
from crossdock.core.connections import Connection
from crossdock.core.errors import PartnerDown
from crossdock.transport import auth
from crossdock.transport.gate import Gate
from crossdock.transport.http import Client, Policy


def http_client(connection: Connection, gate: Gate, settings: dict) -> Client:
    """The HTTP client of an account: the API key is the user name, the password stays empty."""
    proof = auth.basic(connection.login or connection.password, "")
    return Client(connection, auth=proof, gate=gate, policy=Policy.of(settings))


class EasyPostReader:
    """Pages of one account."""

    def __init__(self, connection: Connection, settings: EasyPostSettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take]]:
        """Pages of trackers; the last one carries how far was read."""
        query: dict[str, object] = {"page_size": self._settings.page_size}
        moving = timedelta(days=self._settings.in_transit_days).total_seconds()
        if at := cursor.start(since, 0 if "from" in since else moving):
            query["start_datetime"] = _stamp(at)
        if until:
            query["end_datetime"] = _stamp(until)
        began, changes = None, []
        while True:
            response = self._client.get_json("v2/trackers", query)
            began = began or response.server_at
            found = listed(response.data, "trackers")
            if found is None:
                raise PartnerDown(f"{response.url} answered without trackers", hint="check the connection's host")
            times = [moment(each.get("updated_at")) for each in found if isinstance(each, dict)]
            changes = [max((at for at in [*changes, *times] if at), default=None)]
            last = text(found[-1].get("id")) if found and isinstance(found[-1], dict) else ""
            more = bool(response.data.get("has_more")) and bool(last)
            stored = None if more else cursor.after(since, began, changes)
            yield page_of(response, stored, began)
            if not more:
                return
            query["before_id"] = last


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
