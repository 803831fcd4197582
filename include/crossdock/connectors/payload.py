"""Payloads to records: pure, and never stopped by one bad item of a good page.

An item without its key still becomes a record, under a key made from its bytes, so that the contract can set it
aside by name instead of the whole page being lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import orjson

from crossdock.connectors.base import Record
from crossdock.core.errors import Unparsable

UNKEYED = "unkeyed/"


def decode(content: bytes) -> object:
    """The JSON in `content` (UTF-8). Raises Unparsable."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unparsable(
            f"the document is no JSON: {error}", hint="look at its bytes in raw.documents; ask the partner to resend"
        ) from None


def compact(item: object) -> bytes:
    """JSON without spaces, keys in the order of the source. Raises Unparsable for what cannot be written."""
    try:
        return orjson.dumps(item)
    except TypeError as error:  # nested deeper than orjson writes
        raise Unparsable(f"the document cannot be kept as JSON: {error}") from None


def moment(given: object) -> datetime | None:
    """An ISO 8601 time; without a zone it is UTC. None for anything else: the contract says what is wrong."""
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def text(given: object) -> str:
    """An id as text; empty when it is none."""
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return ""


def listed(data: object, *path: str) -> list | None:
    """The list at `path` in nested objects; None where there is none."""
    for name in path:
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data if isinstance(data, list) else None


def unreadable(feed: str, data: object) -> Unparsable:
    """The error of a document whose outer shape is not that of the feed."""
    shape = f"an object with {', '.join(map(str, list(data)[:5]))}" if isinstance(data, dict) else type(data).__name__
    return Unparsable(
        f"this is no document of {feed}: it is {shape}", hint="check that the feed and the endpoint belong together"
    )


def records_of(
    items: Iterable,
    key: Callable[[dict], str],
    changed_at: Callable[[dict], datetime | None],
) -> Iterator[Record]:
    """One record an item. `key` gives the native id, or an empty text where the item has none."""
    for item in items:
        payload = compact(item)
        if isinstance(item, dict):
            native_id = key(item)
            if native_id:
                yield Record(native_id, payload, changed_at(item))
                continue
        yield Record(UNKEYED + hashlib.sha256(payload).hexdigest(), payload, None)
