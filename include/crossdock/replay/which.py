"""Which stored records a replay is about: filters as people write them, `key=value`, each key as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from crossdock.core.errors import Refused

SELECT = (Path(__file__).parent / "sql" / "select.sql").read_text()
DOCUMENTS = (Path(__file__).parent / "sql" / "select_documents.sql").read_text()


def _number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("a number is wanted")
    return int(text)


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


KEYS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "partner": (str, "partner id"),
    "feed": (str, "name of the feed, as in trackers"),
    "order": (str, "any identifier of an order, a delivery, a parcel: everything known of it"),
    "since": (_moment, "came in at this time or later"),
    "until": (_moment, "came in before this time"),
    "document": (_number, "id of a stored document"),
    "record": (_number, "id of a record"),
    "native_id": (str, "the object's key in its source"),
    "rule": (str, "set aside by this rule, and still open"),
}
"""What can be filtered by: how its value is read, and what it means."""


@dataclass(frozen=True, slots=True)
class Where:
    """The filters: values of one key are alternatives, keys must all fit. Never empty."""

    filters: dict[str, list]

    @classmethod
    def of(cls, words: Iterable[str]) -> Where:
        """Read `key=value` words. Raises Refused for an unknown key, a bad value, or no filter at all."""
        filters: dict[str, list] = {}
        for word in words:
            key, equals, text = word.partition("=")
            if key not in KEYS or not equals or not text.strip():
                raise Refused(f"{word!r} is no filter", hint=f"write key=value with one of {', '.join(KEYS)}")
            try:
                filters.setdefault(key, []).append(KEYS[key][0](text.strip()))
            except ValueError as error:
                raise Refused(f"{word!r} cannot be read: {error}", hint=f"{key}: {KEYS[key][1]}") from None
        if not filters:
            raise Refused("nothing was chosen", hint=f"say --where key=value; keys: {', '.join(KEYS)}")
        for key in ("since", "until"):
            if len(filters.get(key, ())) > 1:
                raise Refused(f"{key} is given twice")
        return cls(filters)

    def parameters(self) -> dict:
        """Every key, None where nothing is asked of it."""
        chosen = {key: self.filters.get(key) for key in KEYS}
        return chosen | {key: chosen[key][0] if chosen[key] else None for key in ("since", "until")}


def records(connection: psycopg.Connection, where: Where) -> list[tuple[int, int, str, int, list[str]]]:
    """(record, feed, native id, document, threads) of every record that fits, by record."""
    return connection.execute(SELECT, where.parameters()).fetchall()


def documents(connection: psycopg.Connection, where: Where) -> list[tuple[int, int]]:
    """(document, feed) of every document that fits and whose bytes are kept, by document."""
    return connection.execute(DOCUMENTS, where.parameters()).fetchall()
