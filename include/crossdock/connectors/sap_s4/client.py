"""Reading SAP: delta by change time, in the order of the key, each page after the last key of the one before.

The server decides how long a page is and says with `__next` that there is more. Its skip token counts positions,
and positions shift when an object changes while the list is read; keys do not. So the token is only the sign that
there is more, and the next page is asked for by key. Nothing is skipped, whatever moves meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crossdock.connectors import cursor
from crossdock.connectors.assembly import Take, page_of
from crossdock.connectors.base import Page
from crossdock.connectors.payload import text
from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.parse import CHANGED, STOCK_KEY
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import PartnerDown
from crossdock.transport import auth
from crossdock.transport.gate import Gate
from crossdock.transport.http import Client, Policy, Response


@dataclass(frozen=True, slots=True)
class Collection:
    """Where a feed's entities are, and what is read with them."""

    path: str
    key: str
    expand: str = ""
    repeats: bool = False
    """Whether several rows share the key, as a material does that lies in many places."""


def http_client(connection: Connection, gate: Gate, settings: dict) -> Client:
    """The HTTP client of an SAP system."""
    return Client(connection, auth=auth.for_connection(connection), gate=gate, policy=Policy.of(settings))


class SapReader:
    """Pages of one SAP system."""

    def __init__(self, connection: Connection, settings: SapSettings, gate: Gate, partner: dict) -> None:
        self._settings = settings
        self._client = http_client(connection, gate, partner)
        root = settings.service_root
        self._collections = {
            "sales_orders": Collection(
                f"{root}/{settings.sales_order_service}/A_SalesOrder", "SalesOrder", settings.sales_order_expand
            ),
            "deliveries": Collection(
                f"{root}/{settings.delivery_service}/A_OutbDeliveryHeader",
                "DeliveryDocument",
                "to_DeliveryDocumentItem",
            ),
            "material_stock": Collection(
                f"{root}/{settings.stock_service}/A_MatlStkInAcctMod", "Material", repeats=True
            ),
        }

    def close(self) -> None:
        self._client.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take]]:
        """Pages in the order of the key; the last one carries how far was read."""
        collection = self._collections[feed]
        delta = self._delta(feed, since, until)
        began, changes, last_key, skip = None, [], "", 0
        while True:
            response = self._ask(collection, delta, last_key, skip)
            began = began or response.server_at
            items = odata.results(response.data)
            if items is None:
                raise PartnerDown(f"{response.url} answered without d.results", hint="check the service's name")
            changes = [max(filter(None, [*changes, *map(CHANGED[feed], items)]), default=None)]
            more = odata.goes_on(response.data)
            stored = None if more else self._cursor(feed, since, began, changes)
            yield page_of(response, stored, began)
            if not more:
                return
            last_key, skip = _after(items, collection, last_key, skip)

    def _ask(self, collection: Collection, delta: str, last_key: str, skip: int) -> Response:
        clauses = [f"({delta})"] if delta and last_key else [delta] if delta else []
        if last_key:
            than = "ge" if collection.repeats else "gt"
            clauses.append(f"{collection.key} {than} {odata.text_literal(last_key)}")
        query: dict[str, object] = {"$format": "json", "$orderby": _order(collection)}
        if collection.expand:
            query["$expand"] = collection.expand
        if clauses:
            query["$filter"] = " and ".join(clauses)
        if skip:
            query["$skip"] = skip
        return self._client.get_json(collection.path, query)

    def _delta(self, feed: str, since: dict, until: datetime | None) -> str:
        """The change-time part of `$filter`; a window's end is asked for as well."""
        at = cursor.start(since, self._settings.overlap_seconds)
        if feed == "sales_orders":
            return " and ".join(
                f"LastChangeDateTime {than} {odata.moment_literal(edge)}"
                for than, edge in (("ge", at), ("le", until and until + timedelta(seconds=1)))
                if edge
            )
        if feed == "deliveries":
            return " and ".join(self._of_day(than, edge) for than, edge in (("ge", at), ("le", until)) if edge)
        return ""

    def _of_day(self, than: str, edge: datetime) -> str:
        """Change dates are days of the system's own time zone."""
        day = odata.day_literal(edge.astimezone(ZoneInfo(self._settings.time_zone)))
        changed = f"LastChangeDate {than} {day}"
        if not self._settings.unchanged_deliveries_have_no_date:
            return changed
        return f"({changed} or LastChangeDate eq null and CreationDate {than} {day})"

    def _cursor(self, feed: str, since: dict, began: datetime | None, changes: list) -> dict | None:
        """A delivery's change day is its midnight: the cursor is then the clock's, and asks from that day on."""
        if feed == "material_stock":
            return None
        if feed == "deliveries":
            changes = [began] if began else changes
        return cursor.after(since, began, changes)


def _order(collection: Collection) -> str:
    return ",".join(STOCK_KEY) if collection.repeats else collection.key


def _after(items: list, collection: Collection, last_key: str, skip: int) -> tuple[str, int]:
    """Where the next page starts: after the last key, or at it, past the rows of it that were read already."""
    keys = [text(item.get(collection.key)) if isinstance(item, dict) else "" for item in items]
    last = keys[-1] if keys else ""
    if not last or (last == last_key and not collection.repeats):
        raise PartnerDown(
            f"a page of {collection.path} ends at key {last!r}, so the next one cannot be asked for",
            hint="the service ignores $orderby or $filter: ask who runs it",
        )
    if not collection.repeats:
        return last, 0
    return last, keys.count(last) + (skip if last == last_key else 0)
