"""EasyPost's lists and webhook events to records: one a tracker, with its whole history."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.connectors.base import Record
from crossdock.connectors.payload import moment, records_of, text, unreadable


def records(feed: str, data: object) -> Iterator[Record]:
    """A list of trackers, one tracker, or an Event that brings one. Raises Unparsable."""
    items = _trackers(data)
    if items is None:
        raise unreadable(f"easypost.{feed}", data)
    return records_of(items, lambda item: text(item.get("id")), lambda item: moment(item.get("updated_at")))


def _trackers(data: object) -> list | None:
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("trackers"), list):
        return data["trackers"]
    if data.get("object") == "Tracker":
        return [data]
    result = data.get("result")
    if data.get("object") == "Event" and isinstance(result, dict) and result.get("object") == "Tracker":
        return [result]
    return None
