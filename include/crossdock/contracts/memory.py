"""The same contract without a database: one payload in, its verdicts out. For proving samples, not for lanes.

It reads the same rules as `verdict`, so it cannot know another one; a test compares both on the same payloads.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from crossdock.contracts.columns import ISO_DATE, ODATA_DATE, has_type
from crossdock.contracts.model import Contract, Property, SchemaObject
from crossdock.contracts.projection import paths_of, steps_of
from crossdock.contracts.rules import PAIR, Rule
from crossdock.contracts.verdict import rules

LARGEST = Decimal(10) ** 14
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPILED: dict[tuple[int, str], tuple[Contract, list[Rule]]] = {}
"""By identity; the contract is kept beside its rules, so that its identity is not given to another."""


class Verdict(NamedTuple):
    """One broken rule."""

    part: str
    rule: str
    field: str
    value: str | None


def parse(payload: bytes) -> Any:
    """JSON with its numbers as they were written."""
    return json.loads(payload, parse_float=Decimal)


def judge_payload(contract: Contract, payload: Any, codes: Container[tuple[str, str]]) -> list[Verdict]:
    """Every broken rule that sets something aside; `codes` holds (kind, their code) of what is mapped."""
    found: list[Verdict] = []
    for schema in contract.schema_:
        judged = _judged_by(contract, schema)
        items = [("", payload)] if schema.is_record else _items(schema, payload)
        texts = [(part, {p.name: _text(p, item) for p in schema.properties}) for part, item in items]
        for part, row in texts:
            others = [other for _, other in texts]
            broken = (rule for rule in judged if _breaks(rule, schema, row, others, codes))
            found += [Verdict(part, rule.name, rule.field, row[rule.field]) for rule in broken]
    return found


def _judged_by(contract: Contract, schema: SchemaObject) -> list[Rule]:
    """The rules that set a row of this object aside; compiled once a contract."""
    key = (id(contract), schema.name)
    if key not in _COMPILED:
        _COMPILED[key] = (contract, [rule for rule in rules(contract, schema) if rule.sets_aside])
    return _COMPILED[key][1]


def _items(schema: SchemaObject, payload: Any) -> Iterator[tuple[str, Any]]:
    key, *below = steps_of(paths_of(schema)[0])
    arrays = [[key, *below], *([other] for other in schema.custom.get("also", ()))]
    items = [item for path in arrays for item in _as_list(_walk(payload, path))]
    return ((f"{schema.name}/{place}", item) for place, item in enumerate(items, start=1))


def _as_list(value: Any) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _walk(value: Any, steps: list) -> Any:
    for step in steps:
        if isinstance(step, dict):
            ((key, pattern),) = step.items()
            named = (i for i in _as_list(value) if isinstance(i, dict) and str(i.get(key, "")).endswith(pattern))
            value = next(named, None)
        elif isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _text(p: Property, item: Any) -> str | None:
    text = next((found for path in paths_of(p) if (found := _plain(_walk(item, steps_of(path))))), None)
    if text is not None and "strip" in p.custom:
        text = re.sub(p.custom["strip"], "", text, count=1) or None
    return text


def _plain(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LARGEST else None


def _odata(text: str) -> datetime | None:
    found = re.match(ODATA_DATE, text)
    return EPOCH + timedelta(milliseconds=int(found[1])) if found else None


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if re.match(ISO_DATE, text) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def _day(text: str) -> date | None:
    at = _moment(text)
    return at.date() if at else None


TYPES: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "integer": lambda text: Decimal(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else None,
    "boolean": lambda text: {"true": True, "false": False}.get(text),
    "timestamp": _moment,
    "date": _day,
}


def _value(p: Property, text: str | None) -> Any:
    if text is None or not has_type(p):
        return text
    if p.logicalType == "timestamp" and p.physicalType.startswith("Edm."):
        return _odata(text)
    return TYPES[p.logicalType](text)


def _outside(value: Any, kwargs: dict, convert: Callable[[Any], Any]) -> bool:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and (value <= convert(low) if kwargs.get("strict_min") else value < convert(low)):
        return True
    return high is not None and (value >= convert(high) if kwargs.get("strict_max") else value > convert(high))


def _breaks(rule: Rule, schema: SchemaObject, row: dict, rows: list[dict], codes: Container[tuple[str, str]]) -> bool:
    p, text = schema.property(rule.field), row[rule.field]
    kwargs = rule.kwargs
    if rule.expectation == "expect_column_values_to_not_be_null":
        return text is None
    if text is None:
        return False
    if rule.expectation == PAIR:
        later, earlier = (_value(schema.property(kwargs[key]), row[kwargs[key]]) for key in ("column_A", "column_B"))
        return None not in (later, earlier) and (later < earlier if kwargs.get("or_equal") else later <= earlier)
    if kwargs["column"] == f"{p.name}__{rule.name}":
        return _breaks_flag(rule, p, text, codes)
    if rule.expectation == "expect_column_values_to_be_between":
        value = _value(p, text)
        return value is not None and _outside(value, kwargs, lambda bound: _value(p, str(bound)))
    return SIMPLE[rule.expectation](text, kwargs, [other[p.name] for other in rows])


def _breaks_flag(rule: Rule, p: Property, text: str, codes: Container[tuple[str, str]]) -> bool:
    if rule.name == "mapped":
        return (p.code_map, text) not in codes and text not in p.custom.get("ownCodes", ())
    return rule.name == "typed" and _value(p, text) is None


SIMPLE: dict[str, Callable[[str, dict, list], bool]] = {
    "expect_column_values_to_be_in_set": lambda text, k, _: text not in map(str, k["value_set"]),
    "expect_column_values_to_not_be_in_set": lambda text, k, _: text in map(str, k["value_set"]),
    "expect_column_values_to_match_regex": lambda text, k, _: not re.search(k["regex"], text),
    "expect_column_values_to_not_match_regex": lambda text, k, _: bool(re.search(k["regex"], text)),
    "expect_column_value_lengths_to_be_between": lambda text, k, _: _outside(len(text), k, int),
    "expect_column_values_to_be_unique": lambda text, _k, others: Counter(others)[text] > 1,
}
