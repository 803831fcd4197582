"""The published layout of the standard feeds, from their JSON Schemas: columns in order, keys, requirements."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def schema(feed: str) -> dict:
    """The JSON Schema of one row of `feed`."""
    return orjson.loads((SCHEMAS / f"{feed}.json").read_bytes())


def columns(feed: str) -> list[str]:
    """Every column, in the order of the CSV layout."""
    return list(schema(feed)["properties"])


def key_of(feed: str) -> tuple[str, ...]:
    """The columns that make the native id."""
    return tuple(schema(feed)["x-crossdock-key"])


def needed(feed: str) -> tuple[str, ...]:
    """The columns without which a row says nothing."""
    return tuple(schema(feed)["required"])
