"""Standard files to records: CSV with a header, JSON lines, or one JSON list. Values stay as they were written.

A row that cannot be split into its columns becomes a record of its own without a key, so that it is set aside by
name and its neighbours go on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import orjson

from crossdock.connectors.base import Record
from crossdock.connectors.payload import moment, records_of, text, unreadable
from crossdock.connectors.standard.layout import key_of, needed
from crossdock.connectors.standard.mapping import Mapping, apply
from crossdock.core.errors import Unparsable


def decode(content: bytes) -> str:
    """The file's text: UTF-8, with or without a byte-order mark. Raises Unparsable."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unparsable(
            f"the file is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}",
            hint="ask the partner for UTF-8, or declare the encoding in a mapping",
        ) from None


def records(feed: str, data: object) -> Iterator[Record]:
    """One record a row. Raises Unparsable when the file is no such file at all."""
    if not isinstance(data, str):
        raise unreadable(f"standard.{feed}", data)
    start = data.lstrip()[:1]
    rows = _json_list(feed, data) if start == "[" else _json_lines(data) if start == "{" else _csv_rows(feed, data)
    return records_of(rows, lambda row: native_id(feed, row), lambda row: moment(row.get("changed_at")))


def mapped(mapping: Mapping, feed: str, content: object) -> Iterator[Record]:
    """The records of a file in the partner's own format. Raises Unparsable."""
    if not isinstance(content, bytes):
        raise unreadable(f"standard.{feed}", content)
    return records_of(
        apply(mapping, content), lambda row: native_id(feed, row), lambda row: moment(row.get("changed_at"))
    )


def native_id(feed: str, row: dict) -> str:
    """The key columns joined with `/`; a slash inside a value is escaped. Empty when the row has no key.

    A milestone is known by the partner's own `milestone_ref` where given: a corrected time is then a new version
    of the same milestone.
    """
    if feed == "milestones" and text(row.get("milestone_ref")):
        return "ref/" + quote(text(row["milestone_ref"]), safe="")
    must = set(needed(feed))
    parts = []
    for name in key_of(feed):
        part = text(row.get(name))
        if not part and name in must:
            return ""
        parts.append(quote(part, safe=" #:+@"))
    return "/".join(parts)


def _csv_rows(feed: str, data: str) -> Iterator[dict]:
    lines = csv.reader(io.StringIO(data, newline=""), strict=True)
    header = [name.strip() for name in _rows(lines, feed, first=True)[0]]
    missing = [name for name in needed(feed) if name not in header]
    if missing or len(set(header)) < len(header):
        raise Unparsable(
            f"the header of this {feed} file lacks {', '.join(missing)}"
            if missing
            else f"a column of {feed} comes twice",
            hint=f"compare it with the published layout of {feed}",
        )
    return _numbered(header, lines, feed)


def _rows(lines: Iterable, feed: str, *, first: bool = False) -> list:
    try:
        found = next(iter(lines), None)
    except csv.Error as error:
        raise Unparsable(f"this {feed} file is no CSV: {error}", hint="ask the partner to resend it") from None
    if found is None and first:
        raise Unparsable(f"this {feed} file is empty: not even a header", hint="ask the partner to resend it")
    return [found]


def _numbered(header: list[str], lines: Iterator, feed: str) -> Iterator[dict]:
    while (values := _rows(lines, feed)[0]) is not None:
        if not values:
            continue
        if len(values) == len(header):
            yield {name: value if value != "" else None for name, value in zip(header, values, strict=True)}
        else:
            yield {"malformed_line": lines.line_num, "values": values}


def _json_lines(data: str) -> Iterator[dict]:
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield {"malformed_line": number, "text": line[:1000], "error": str(error)}


def _json_list(feed: str, data: str) -> list:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unparsable(f"this {feed} file is no JSON list: {error}", hint="ask the partner to resend it") from None
