"""Zendesk's exports to records: one a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.connectors.base import Record
from crossdock.connectors.payload import moment, records_of, text, unreadable


def records(feed: str, data: object) -> Iterator[Record]:
    """A page of the export or a single ticket. Raises Unparsable."""
    items = data.get("tickets") if isinstance(data, dict) else None
    if items is None and isinstance(data, dict) and isinstance(data.get("ticket"), dict):
        items = [data["ticket"]]
    if not isinstance(items, list):
        raise unreadable(f"zendesk.{feed}", data)
    return records_of(items, lambda item: text(item.get("id")), lambda item: moment(item.get("updated_at")))
