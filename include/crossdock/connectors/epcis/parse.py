"""EPCIS documents to records: one an event.

An event without `eventID` gets one from its content, without the time of its recording, as CBV 2.0 does for its
hash ids: the same event captured twice is one event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import orjson

from crossdock.connectors.base import Record
from crossdock.connectors.payload import listed, moment, records_of, text, unreadable

EVENT_LISTS = (
    ("epcisBody", "eventList"),
    ("epcisBody", "queryResults", "resultsBody", "eventList"),
    ("eventList",),
)
NOT_CONTENT = ("eventID", "recordTime", "@context")


def events(data: object) -> list | None:
    """The events of a document, a query's answer, a bare list or a single bare event; None for anything else."""
    for path in EVENT_LISTS:
        found = listed(data, *path)
        if found is not None:
            return found
    body = data.get("epcisBody") if isinstance(data, dict) else None
    if isinstance(body, dict) and isinstance(body.get("event"), dict):
        return [body["event"]]
    if isinstance(data, dict) and text(data.get("type")).endswith("Event"):
        return [data]
    return None


def records(feed: str, data: object) -> Iterator[Record]:
    """One record an event. Raises Unparsable."""
    found = events(data)
    if found is None:
        raise unreadable(f"epcis.{feed}", data)
    return records_of(found, event_id, changed_at)


def event_id(event: dict) -> str:
    """The event's own id, else `ni:///sha-256;<digest>` of its content."""
    given = text(event.get("eventID"))
    if given or not text(event.get("type")):
        return given
    content = {name: value for name, value in event.items() if name not in NOT_CONTENT}
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"ni:///sha-256;{digest}?crossdock"


def changed_at(event: dict) -> datetime | None:
    """When it was declared an error, else recorded, else happened."""
    declared = event.get("errorDeclaration")
    if isinstance(declared, dict) and (at := moment(declared.get("declarationTime"))):
        return at
    return moment(event.get("recordTime")) or moment(event.get("eventTime"))
