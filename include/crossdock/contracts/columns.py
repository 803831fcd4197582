"""How a rule reaches its column: in the projection of a payload, or in somebody's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from crossdock.contracts.model import Property
from crossdock.contracts.text import literal, name

QUANTITY = "numeric(18,4)"
"""What a number must fit into: the type of every quantity and amount of the canonical model."""

ODATA_DATE = r"^/Date\((-?\d{1,14})([+-]\d{4})?\)/$"
ISO_DATE = r"^\d{4}-\d{2}-\d{2}"
POSTGRES = {"number": "numeric", "integer": "numeric", "boolean": "boolean", "date": "date", "timestamp": "timestamptz"}
EXACT = {
    "number": {"numeric", "integer", "bigint", "smallint", "double precision", "real"},
    "integer": {"integer", "bigint", "smallint"},
    "boolean": {"boolean"},
    "date": {"date"},
    "timestamp": {"timestamp with time zone", "timestamp without time zone"},
}


def typed(p: Property, text: str) -> str:
    """SQL that turns `text` into the property's type, or into null where it is not of it; never raises."""
    if p.logicalType == "number":
        return f"case when pg_input_is_valid({text}, '{QUANTITY}') then nullif({text}::numeric, 'NaN') end"
    if p.logicalType == "integer":
        return f"case when {text} ~ '^[+-]?\\d{{1,18}}$' then {text}::numeric end"
    if p.logicalType == "boolean":
        return f"case when {text} in ('true', 'false') then {text}::boolean end"
    if p.logicalType == "timestamp" and p.physicalType.startswith("Edm."):
        return f"to_timestamp((regexp_match({text}, '{ODATA_DATE}'))[1]::bigint / 1000.0)"
    kind = POSTGRES[p.logicalType]
    return f"case when {text} ~ '{ISO_DATE}' and pg_input_is_valid({text}, '{kind}') then {text}::{kind} end"


def has_type(p: Property) -> bool:
    """Whether the property is anything but text."""
    return p.logicalType in POSTGRES


def constant(p: Property, value: object) -> str:
    """A bound of a rule, as SQL of the property's type."""
    if p.logicalType in ("number", "integer"):
        return str(value)
    return f"{literal(str(value))}::{POSTGRES.get(p.logicalType, 'text')}"


class Columns(Protocol):
    """Every method gives an SQL expression over one row, aliased x."""

    partner: str

    def text(self, p: Property) -> str: ...
    def value(self, p: Property) -> str: ...
    def constant(self, p: Property, value: object) -> str: ...
    def may_be_mistyped(self, p: Property) -> bool: ...
    def repeated(self, p: Property) -> str: ...
    def unmapped(self, p: Property) -> str: ...
    def dangling(self, p: Property, table: str, column: str) -> str: ...


def _unmapped(text: str, p: Property, system_type: str, partner: str, at: str) -> str:
    """Whether a code given has no mapping at that time.

    The mappings that always hold are asked for first and by equality alone, so that the planner may hash them for a
    big batch and look single ones up for a small one; only what they do not know is asked for by time.
    """
    own = ", ".join(literal(code) for code in p.custom.get("ownCodes", ()))
    code = f"m.system_type = {literal(system_type)} and m.kind = {literal(p.code_map)} and m.their_code = {text}"
    always = "m.valid_from = '-infinity' and m.valid_to = 'infinity'"
    then = f"m.valid_from <= {at} and {at} < m.valid_to"
    tries = " or ".join(
        f"exists (select from ref.code_map as m where {code} and m.partner_id = {who} and {when})"
        for when in (always, then)
        for who in ("'*'", partner)
    )
    is_theirs = f"{text} is not null and {text} not in ({own})" if own else f"{text} is not null"
    return f"({is_theirs} and not ({tries}))"


@dataclass(frozen=True)
class PayloadColumns:
    """Columns of the projection that `projection.layers` makes of a JSON payload."""

    system_type: str
    partner: str = "x._partner_id"

    def text(self, p: Property) -> str:
        return f"x.{name(p.name)}"

    def value(self, p: Property) -> str:
        return f"x.{name(p.name + '__value')}" if has_type(p) else self.text(p)

    def constant(self, p: Property, value: object) -> str:
        return constant(p, value)

    def may_be_mistyped(self, p: Property) -> bool:
        return True

    def repeated(self, p: Property) -> str:
        return f"x.{name(p.name + '__count')} > 1"

    def unmapped(self, p: Property) -> str:
        return _unmapped(self.text(p), p, self.system_type, self.partner, "x._at")

    def dangling(self, p: Property, table: str, column: str) -> str:
        target, own = name("ref", table), self.text(p)
        return f"({own} is not null and not exists (select from {target} as o where o.{name(column)}::text = {own}))"


@dataclass(frozen=True)
class TableColumns:
    """Columns of a table from outside; `types` are its columns' types as Postgres spells them.

    `looks_up` says that few rows are asked about: indexed columns are then looked up row by row instead of as a whole.
    """

    table: tuple[str, ...]
    types: Mapping[str, str]
    indexed: frozenset[str]
    looks_up: bool = False
    system_type: str = ""
    partner: str = "'*'"

    def _column(self, p: Property) -> str:
        return f"x.{name(p.name)}"

    def text(self, p: Property) -> str:
        kind = self.types[p.name]
        return self._column(p) if kind in ("text", "character varying") else f"{self._column(p)}::text"

    def value(self, p: Property) -> str:
        if not has_type(p) or not self.may_be_mistyped(p):
            return self._column(p)
        return f"({typed(p, self.text(p))})"

    def constant(self, p: Property, value: object) -> str:
        return constant(p, value)

    def may_be_mistyped(self, p: Property) -> bool:
        return self.types[p.name] not in EXACT.get(p.logicalType, {self.types[p.name]})

    def repeated(self, p: Property) -> str:
        column, table = name(p.name), name(*self.table)
        if self.looks_up and p.name in self.indexed:
            return f"exists (select from {table} as o where o.{column} = x.{column} and o.ctid <> x.ctid)"
        return f"x.{column} in (select o.{column} from {table} as o group by 1 having count(*) > 1)"

    def unmapped(self, p: Property) -> str:
        return _unmapped(self.text(p), p, self.system_type, self.partner, "clock_timestamp()")

    def dangling(self, p: Property, table: str, column: str) -> str:
        target, own = name(*self.table[:-1], table), self._column(p)
        return f"({own} is not null and not exists (select from {target} as o where o.{name(column)} = {own}))"
