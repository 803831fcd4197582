"""Reading a shop: `updated_at_min`, then the `Link` header's next page until there is none.

The cursor is stored when the last page is landed; until then the pages carry where to go on (`next`), so that a
long first load which dies is resumed. Shopify's own page cursor holds its place while orders change under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from crossdock.connectors import cursor
from crossdock.connectors.assembly import Take, page_of
from crossdock.connectors.base import Page
from crossdock.connectors.payload import listed, moment, text
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.core.connections import Connection
from crossdock.core.errors import PartnerDown, Refused
from crossdock.transport import auth
from crossdock.transport.gate import Gate
from crossdock.transport.http import Client, Policy, Response

NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.I)
TOKEN_HEADER = "X-Shopify-Access-Token"


def http_client(connection: Connection, gate: Gate, settings: dict) -> Client:
    """The HTTP client of a shop."""
    proof = auth.token(connection.password, header=TOKEN_HEADER, scheme="")
    return Client(connection, auth=proof, gate=gate, policy=Policy.of(settings))


class ShopifyReader:
    """Pages of one shop."""

    def __init__(self, connection: Connection, settings: ShopifySettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)

    def close(self) -> None:
        self._client.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take]]:
        """Pages of `feed`; the last one carries how far was read, the others where to go on."""
        listing = "inventory_levels" if feed == "inventory_levels" else "orders"
        response = self._resumed(since) or self._first(feed, since, until)
        began, newest = moment(since.get("began")) or response.server_at, moment(since.get("newest"))
        while True:
            newest = _newest(response, listing, newest)
            link = NEXT.search(response.headers.get("link", ""))
            stored = _midway(since, link[1], began, newest) if link else cursor.after(since, began, [newest])
            yield page_of(response, stored, began)
            if link is None:
                return
            response = self._client.get_json(link[1])

    def _resumed(self, since: dict) -> Response | None:
        """The page where an earlier load stopped; None when there is none or its page cursor has expired."""
        if "next" not in since:
            return None
        try:
            return self._client.get_json(since["next"])
        except Refused:
            for name in ("next", "began", "newest"):
                since.pop(name, None)
            return None

    def _first(self, feed: str, since: dict, until: datetime | None) -> Response:
        listing = "inventory_levels" if feed == "inventory_levels" else "orders"
        query: dict[str, object] = {"limit": self._settings.page_size}
        if listing == "orders":
            query["status"] = "any"
        else:
            query["location_ids"] = ",".join(self._location_ids())
        if feed == "fulfillments":
            query["fields"] = "id,updated_at,fulfillments"
        if at := cursor.start(since, self._settings.overlap_seconds):
            query["updated_at_min"] = at.astimezone(UTC).isoformat()
        if until and listing == "orders":
            query["updated_at_max"] = until.astimezone(UTC).isoformat()
        return self._client.get_json(f"{self._settings.root}/{listing}.json", query)

    def _location_ids(self) -> list[str]:
        if self._settings.location_ids:
            return [text(given) for given in self._settings.location_ids]
        found = self._client.get_json(f"{self._settings.root}/locations.json")
        return [text(each.get("id")) for each in listed(found.data, "locations") or []]


def _newest(response: Response, listing: str, before: datetime | None) -> datetime | None:
    """The newest change of a page and of those before it. Raises PartnerDown for a page that is none."""
    items = listed(response.data, listing)
    if items is None:
        raise PartnerDown(f"{response.url} answered without {listing!r}", hint="check settings.api_version")
    times = [moment(item.get("updated_at")) for item in items if isinstance(item, dict)]
    return max((at for at in [before, *times] if at), default=None)


def _midway(since: dict, following: str, began: datetime | None, newest: datetime | None) -> dict:
    """The cursor between two pages: where this load began, how far it is, and its next page."""
    kept = {name: since[name] for name in ("through", "from") if name in since} | {"next": following}
    if began:
        kept["began"] = began.isoformat()
    if newest:
        kept["newest"] = newest.isoformat()
    return kept
