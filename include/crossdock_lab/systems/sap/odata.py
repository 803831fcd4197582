"""OData v2 as SAP speaks it: `$filter`, `$orderby`, `$select`, dates and the `d` envelope.

The subset: eq ne gt ge lt le, and, or, not, parentheses, startswith, endswith, substringof; literals text,
number (with m, d, f, L), true, false, null, datetime'…', datetimeoffset'…', time'…'.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

TOKEN = re.compile(
    r"\s*(?:(?P<typed>datetimeoffset|datetime|time)'(?P<inner>[^']*)'"
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?)[mMdDfFlL]?(?![\w'])"
    r"|(?P<word>[A-Za-z_][\w/]*)"
    r"|(?P<mark>[(),]))"
)
COMPARE: dict[str, Callable[[object, object], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "substringof": lambda part, text: part in text,
}
CHANGES = dict.fromkeys(("LastChangeDateTime", "LastChangeDate", "CreationDate"), "changed")
"""Properties that are never later than the object's last change: a lower bound of one is a lower bound of that."""
WORDS = {"true": True, "false": False, "null": None}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WIRE_DATE = re.compile(r"^/Date\((-?\d+)(?:[+-]\d+)?\)/$")
WIRE_TIME = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$")

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Test:
    """A compiled expression. `least` says what no row that passes can be below, by property, `exact` what it must be:
    what an index can use."""

    of: Callable[[Row], object]
    least: dict[str, object] = field(default_factory=dict)
    exact: dict[str, object] = field(default_factory=dict)
    name: str = ""
    """The property, where the expression is nothing else."""


class BadQuery(ValueError):
    """The query option cannot be read; SAP answers 400."""


def wire_date(at: datetime | None) -> str | None:
    """Edm.DateTime of a day: midnight UTC of `at`, in milliseconds."""
    return None if at is None else _wire(at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))


def wire_moment(at: datetime | None) -> str | None:
    """Edm.DateTimeOffset: `at` to the millisecond, in UTC."""
    return None if at is None else f"{_wire(at)[:-2]}+0000)/"


def wire_time(at: datetime | None) -> str:
    """Edm.Time: the time of day of `at` in UTC; SAP writes an unset time as midnight."""
    moment = at.astimezone(UTC) if at else EPOCH
    return f"PT{moment.hour:02d}H{moment.minute:02d}M{moment.second:02d}S"


def _wire(at: datetime) -> str:
    return f"/Date({(at - EPOCH) // timedelta(milliseconds=1)})/"


def native(value: object) -> object:
    """A value as it stands in a payload, as something that can be compared."""
    if not isinstance(value, str):
        return value
    if match := WIRE_DATE.match(value):
        return EPOCH + timedelta(milliseconds=int(match[1]))
    if value.startswith("PT") and (match := WIRE_TIME.match(value)):
        return time(*(int(part or 0) for part in match.groups()))
    return value


def parse_filter(text: str) -> Test:
    """Compile `$filter` to a test of one row. Raises BadQuery."""
    tokens = list(_tokens(text))
    test, rest = _either(tokens)
    if rest:
        raise BadQuery(f"unexpected {rest[0][1]!r} in $filter")
    return test


def _tokens(text: str) -> Iterable[tuple[str, object]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise BadQuery(f"cannot read $filter at {text[at : at + 20]!r}")
        at = match.end()
        yield _token(match)


def _token(match: re.Match) -> tuple[str, object]:
    if match["typed"]:
        return "value", _typed(match["typed"], match["inner"])
    if match["text"] is not None:
        return "value", match["text"].replace("''", "'")
    if match["number"]:
        return "value", Decimal(match["number"])
    if match["word"]:
        word = match["word"]
        return ("value", WORDS[word]) if word in WORDS else ("word", word)
    return "mark", match["mark"]


def _typed(kind: str, inner: str) -> object:
    try:
        if kind == "time":
            return native(inner)
        moment = datetime.fromisoformat(inner.replace("Z", "+00:00"))
    except ValueError:
        raise BadQuery(f"{kind}'{inner}' is not a moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _either(tokens: list) -> tuple[Test, list]:
    left, tokens = _both(tokens)
    while tokens and tokens[0] == ("word", "or"):
        right, tokens = _both(tokens[1:])
        both = {name: min(left.least[name], right.least[name]) for name in left.least.keys() & right.least.keys()}
        left = Test(_any_of(left, right), both)
    return left, tokens


def _both(tokens: list) -> tuple[Test, list]:
    left, tokens = _one(tokens)
    while tokens and tokens[0] == ("word", "and"):
        right, tokens = _one(tokens[1:])
        left = Test(_all_of(left, right), left.least | right.least, left.exact | right.exact)
    return left, tokens


def _any_of(left: Test, right: Test) -> Callable[[Row], bool]:
    return lambda row: bool(left.of(row) or right.of(row))


def _all_of(left: Test, right: Test) -> Callable[[Row], bool]:
    return lambda row: bool(left.of(row) and right.of(row))


def _one(tokens: list) -> tuple[Test, list]:
    if not tokens:
        raise BadQuery("$filter ends too early")
    if tokens[0] == ("word", "not"):
        inner, rest = _one(tokens[1:])
        return Test(lambda row: not inner.of(row)), rest
    if tokens[0] == ("mark", "("):
        inner, rest = _either(tokens[1:])
        return inner, _past(rest, ")")
    left, rest = _operand(tokens)
    if rest and rest[0][0] == "word" and rest[0][1] in COMPARE:
        right, after = _operand(rest[1:])
        return _comparison(rest[0][1], left, right), after
    return left, rest


def _operand(tokens: list) -> tuple[Test, list]:
    if not tokens:
        raise BadQuery("$filter ends too early")
    kind, value = tokens[0]
    if kind == "value":
        return Test(lambda row: value), tokens[1:]
    if kind != "word":
        raise BadQuery(f"unexpected {value!r} in $filter")
    if tokens[1:2] == [("mark", "(")]:
        return _call(value, tokens[2:])
    return Test(lambda row: native(_property(row, value)), name=value), tokens[1:]


def _call(name: str, tokens: list) -> tuple[Test, list]:
    if name not in FUNCTIONS:
        raise BadQuery(f"function {name} is not supported")
    first, rest = _operand(tokens)
    second, rest = _operand(_past(rest, ","))
    call = FUNCTIONS[name]
    return Test(lambda row: call(str(first.of(row) or ""), str(second.of(row) or ""))), _past(rest, ")")


def _past(tokens: list, mark: str) -> list:
    if tokens[:1] != [("mark", mark)]:
        raise BadQuery(f"expected {mark!r} in $filter")
    return tokens[1:]


def _property(row: Row, name: str) -> object:
    if name not in row:
        raise BadQuery(f"property {name} does not exist")
    return row[name]


def _comparison(word: str, left: Test, right: Test) -> Test:
    compare = COMPARE[word]

    def test(row: Row) -> bool:
        a, b = _alike(left.of(row), right.of(row))
        if a is None or b is None:
            return compare(a, b) if word in ("eq", "ne") else False
        return compare(a, b)

    bounded = word in ("gt", "ge", "eq") and left.name and not right.name and right.of({}) is not None
    exact = {left.name: right.of({})} if bounded and word == "eq" else {}
    return Test(test, {CHANGES.get(left.name, left.name): right.of({})} if bounded else {}, exact)


def _alike(a: object, b: object) -> tuple[object, object]:
    """Decimals travel as text in SAP's JSON: compare them as numbers with a number."""
    if isinstance(b, Decimal) and isinstance(a, str):
        return Decimal(a or "0"), b
    if isinstance(a, Decimal) and isinstance(b, str):
        return a, Decimal(b or "0")
    return a, b


def ordered(rows: list[Row], orderby: str) -> list[Row]:
    """`rows` by `$orderby`: names with asc or desc, separated by commas; nulls first."""
    for part in reversed([part.split() for part in orderby.split(",") if part.strip()]):
        name, downwards = part[0], part[1:] == ["desc"]
        rows = sorted(rows, key=lambda row: _sortable(native(_property(row, name))), reverse=downwards)
    return rows


def _sortable(value: object) -> tuple[bool, object]:
    return (value is not None, value if value is not None else "")


def selected(row: Row, select: str) -> Row:
    """The properties named in `$select` (and always the metadata)."""
    names = {part.strip().split("/")[0] for part in select.split(",") if part.strip()}
    return row if not names or "*" in names else {k: v for k, v in row.items() if k in names or k == "__metadata"}
