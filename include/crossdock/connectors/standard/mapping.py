"""A partner's own CSV format onto a standard feed, as data.

What a mapping can say, and no more: column to field, constants, one source row to several records, a time format and
a time zone per column, composite keys, null tokens. Codes are translated later, by the partner's code map, because
maps have dates. The reference page is docs/reference/mapping.md.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crossdock.core.errors import Misconfigured, Unparsable

ISO_FORMATS = {"%Y-%m-%d": 10, "%Y-%m-%d %H:%M:%S": 19, "%Y-%m-%dT%H:%M:%S": 19, "%Y-%m-%d %H:%M": 16}
"""Formats that the fast reader of the standard library knows, with the length of what they describe."""

Row = list[str]
Read = Callable[[Row], object]


def known_zone(zone: str) -> str:
    """The zone itself. Raises ValueError where there is none of that name."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{zone!r} is no time zone, as America/Sao_Paulo is") from None
    return zone


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldMap(_Strict):
    """Where one field comes from: a column, several columns joined, or a constant."""

    column: str | None = None
    columns: list[str] = Field(default_factory=list)
    join: str = "/"
    constant: str | int | float | bool | None = None
    time: str | None = None
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        return zone if zone is None else known_zone(zone)

    @model_validator(mode="after")
    def _one_source(self) -> FieldMap:
        if (self.column is not None) + bool(self.columns) + (self.constant is not None) != 1:
            raise ValueError("give one of column, columns and constant")
        if self.time and self.column is None:
            raise ValueError("a time format needs a column")
        return self

    def reads(self) -> list[str]:
        """The columns it needs."""
        return [self.column] if self.column is not None else self.columns


class RecordMap(_Strict):
    """One record that a row gives: always, or only where the column `when` is not empty."""

    when: str | None = None
    fields: dict[str, FieldMap]

    @field_validator("fields", mode="before")
    @classmethod
    def _short_form(cls, fields: dict) -> dict:
        """`sku: product_id` is short for `sku: {column: product_id}`."""
        return {name: {"column": given} if isinstance(given, str) else given for name, given in fields.items()}


class Mapping(_Strict):
    """The mapping of one file format onto one standard feed. `zone` empty: the partner's own."""

    records: list[RecordMap] = Field(min_length=1)
    null_tokens: list[str] = Field(default_factory=list)
    zone: str = ""
    delimiter: str = ","
    encoding: str = "utf-8-sig"

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"{encoding!r} is no encoding, as utf-8 or cp1252 are") from None
        return encoding

    def columns(self) -> set[str]:
        """Every column that the mapping reads."""
        read = {name for record in self.records for entry in record.fields.values() for name in entry.reads()}
        return read | {record.when for record in self.records if record.when}


def mapping_of(given: dict) -> Mapping:
    """A mapping from a feed's settings. Raises Misconfigured, naming the place."""
    try:
        return Mapping.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise Misconfigured(
            f"mapping: {where}: {first['msg']}", hint="mend partner.yaml, then `crossdock partner sync`"
        ) from None


def _moment(text: str, form: str, zone: ZoneInfo) -> str:
    """The instant in UTC; the text itself where it is no such time, so that the contract can name it."""
    try:
        is_iso = ISO_FORMATS.get(form) == len(text)
        local = datetime.fromisoformat(text) if is_iso else datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return text
    aware = local if local.tzinfo else local.replace(tzinfo=zone)
    return aware.astimezone(UTC).isoformat()


def _reader(entry: FieldMap, mapping: Mapping, places: dict[str, int], nulls: frozenset[str]) -> Read:
    if entry.columns:
        several = [places[name] for name in entry.columns]
        return lambda row: None if any(row[i] in nulls for i in several) else entry.join.join(row[i] for i in several)
    if entry.column is None:
        return lambda row: entry.constant
    place = places[entry.column]
    if entry.time is None:
        return lambda row: None if row[place] in nulls else row[place]
    form, zone = entry.time, ZoneInfo(entry.zone or mapping.zone or "UTC")
    return lambda row: None if row[place] in nulls else _moment(row[place], form, zone)


class _Plan:
    """One record of a row, with its columns found in this file's header."""

    def __init__(self, record: RecordMap, mapping: Mapping, places: dict[str, int], nulls: frozenset[str]) -> None:
        self.fields = [(name, _reader(entry, mapping, places, nulls)) for name, entry in record.fields.items()]
        self.when = places[record.when] if record.when else None
        self.nulls = nulls

    def read(self, row: Row) -> dict[str, object] | None:
        if self.when is not None and row[self.when] in self.nulls:
            return None
        return {name: value for name, read in self.fields if (value := read(row)) is not None}


def _rows(mapping: Mapping, content: bytes) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding=mapping.encoding, newline="")
    try:
        yield from csv.reader(text, delimiter=mapping.delimiter)
    except UnicodeDecodeError as error:
        raise Unparsable(
            f"the file is not {mapping.encoding}: byte {error.start} cannot be read",
            hint="set `encoding` in the mapping, or ask the partner which one they use",
        ) from None
    except csv.Error as error:
        raise Unparsable(f"the file is no CSV: {error}", hint="look at its bytes; ask the partner to resend") from None


def header(mapping: Mapping, rows: Iterator[Row]) -> dict[str, int]:
    """Columns and their places. Raises Unparsable when a column that the mapping needs is not there."""
    names = next(rows, [])
    places = {name.strip(): place for place, name in enumerate(names)}
    missing = sorted(mapping.columns() - places.keys())
    if missing:
        raise Unparsable(
            f"the file has no column {', '.join(missing)}; it has {', '.join(places) or 'nothing'}",
            hint="mend the mapping, or ask the partner what happened to the column",
        )
    return places


def apply(mapping: Mapping, content: bytes) -> Iterator[dict[str, object]]:
    """The rows of the standard feed that a file gives, one at a time. Raises Unparsable.

    A row of another width than the header gives itself, under no field: the contract sets it aside by name.
    """
    rows = _rows(mapping, content)
    places = header(mapping, rows)
    nulls = frozenset(["", *mapping.null_tokens])
    plans = [_Plan(record, mapping, places, nulls) for record in mapping.records]
    for number, row in enumerate(rows, start=2):
        if len(row) == len(places):
            yield from (made for plan in plans if (made := plan.read(row)) is not None)
        elif row:
            yield {"malformed_line": number, "values": row}
