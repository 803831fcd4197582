"""Orders of one shape: most 850s of a partner have the same segments, so their JSON is filled in, not built.

A shape is learnt by reading an order of it once with `read_order`, a mark in the place of each element; what comes out
is a template. An order that fits one (same segments, same elements given and left out) is split once and poured into
it, to the very bytes that `read_order` would have led to. What fits none, or needs a closer look (escapes, other
alphabets, contacts, binary data), is not written here: it is read the long way.

An order is seen as columns: the names of its segments, each after a line end, and their elements, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import orjson

from crossdock.edi.business.order import read_order
from crossdock.edi.x12.model import Delimiters

NOT_VERBATIM = bytes(code for code in (*range(32), ord('"'), ord("\\")) if code != ord("\n"))
"""What JSON would not show as it stands; line ends are ours here, and counted."""
MARK = re.compile(rb"@(\d+)@")
DAY, DAY_READ = "19000101", b'"order_date":"1900-01-01","order_date_given":"19000101"'
BINARY = (b"BIN", b"BDS")
KEPT = 8
"""Shapes of one size that are kept, the newest first."""


class Unlike(Exception):
    """No template can be made of this."""


def _segments(
    columns: Sequence[bytes], role_of: Callable[[bytes, int, bytes], str]
) -> tuple[list[list[str]], list[str]]:
    """Segments with marks in the place of what differs from order to order, and the role of each column.

    Roles: name (asked about as place 0), fixed (the same in all), free (given or not), given, empty, unread (looked
    at by nobody), day.
    """
    segments: list[list[str]] = []
    roles: list[str] = []
    name, place = b"", 0
    for column, value in enumerate(columns):
        if value.startswith(b"\n"):
            name, place = value[1:], 0
            if not name.isalnum() or name in BINARY:
                raise Unlike
            role_of(name, 0, value)
            segments.append([name.decode()])
            roles.append("name")
            continue
        place += 1
        role = role_of(name, place, value)
        roles.append(role)
        shown = {"fixed": value.decode(), "empty": "", "unread": "", "day": DAY}
        segments[-1].append(shown.get(role, f"@{column}@"))
    return segments, roles


def _given(value: bytes) -> str:
    return "given" if value else "empty"


def _checked(json: bytes, expected: Sequence[int]) -> bytes:
    """JSON in which each of these columns is marked once and no other is, ready to become a template."""
    if sorted(map(int, MARK.findall(json))) != sorted(expected):
        raise Unlike
    return json.replace(b"%", b"%%")


@dataclass(frozen=True, slots=True)
class LineShape:
    """A line of so many columns, PO1 and what follows it."""

    size: int
    names_count: int
    fixed: tuple[tuple[int, bytes], ...]
    """Columns that hold this in every line."""
    given: tuple[int, ...]
    """Columns that are empty in no line."""
    qualifiers: tuple[int, ...]
    """Columns of PO1 that name ids: given, and no two of a line alike."""
    template: bytes

    def fits(self, columns: list[bytes], count: int) -> bool:
        """Whether all of `count` lines are of this shape."""
        size = self.size
        for at, value in self.fixed:
            if columns[at::size].count(value) != count:
                return False
        for at in self.given:
            if b"" in columns[at::size]:
                return False
        used: set[bytes] = set()
        for at in self.qualifiers:
            values = set(columns[at::size])
            if b"" in values or not used.isdisjoint(values):
                return False
            used |= values
        return True


def line_shape(columns: Sequence[bytes]) -> LineShape:
    """The shape of one line. Raises Unlike."""

    def role_of(name: bytes, place: int, value: bytes) -> str:
        if name in (b"PER", b"BEG", b"CTT"):  # read by what they say, or not a line's
            raise Unlike
        if name == b"PID" and place < 5:
            return "fixed"
        return "free" if name == b"PO1" else _given(value)

    segments, roles = _segments(columns, role_of)
    ids_end = len(segments[0])
    order = read_order(segments)
    if ids_end < 6 or ids_end % 2 or order.keys() != {"po_number", "lines"}:
        raise Unlike
    marked = [at for at, role in enumerate(roles) if role in ("free", "given")]
    json = _checked(orjson.dumps(order["lines"][0]), marked)
    return LineShape(
        size=len(columns),
        names_count=len(segments),
        fixed=tuple((at, columns[at]) for at, role in enumerate(roles) if role in ("name", "fixed", "empty")),
        given=tuple(at for at, role in enumerate(roles) if role == "given"),
        qualifiers=tuple(range(6, ids_end, 2)),
        template=_in_turn(json, len(columns)),
    )


def _in_turn(json: bytes, size: int) -> bytes:
    """A template that takes all columns one after the other, printing those that are marked. Raises Unlike."""
    parts = MARK.split(json)
    template, column = parts[0], 0
    for marked, text in zip(map(int, parts[1::2]), parts[2::2], strict=True):
        if marked < column:
            raise Unlike
        template += b"%.0s" * (marked - column) + b"%s" + text
        column = marked + 1
    return template + b"%.0s" * (size - column) + b","


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What stands before the lines and after them."""

    names_count: int
    fixed: Callable[[list[bytes]], tuple[bytes, ...]]
    """Takes out the columns that hold the same in every order of this shape…"""
    expected: tuple[bytes, ...]
    """… namely this."""
    empties_count: int
    day: int | None
    """Column of the order's date, eight digits."""
    shown: Callable[[list[bytes]], tuple[bytes, ...]]
    """Takes out what is poured into the template; the date as ISO stands behind the last column."""
    template: bytes

    def fits(self, columns: list[bytes]) -> bool:
        """Whether an order is of this shape."""
        if self.fixed(columns) != self.expected or columns.count(b"") != self.empties_count:
            return False
        return self.day is None or (len(columns[self.day]) == 8 and columns[self.day].isdigit())

    def pour(self, columns: list[bytes]) -> bytes:
        """The order's JSON. The last two columns are room for the date as ISO, and the lines' JSON."""
        if self.day is not None:
            day = columns[self.day]
            columns[-2] = b"%b-%b-%b" % (day[:4], day[4:6], day[6:])
        return self.template % self.shown(columns)


def frame_shape(columns: Sequence[bytes], head: int) -> FrameShape:
    """The shape of an order without its lines, the first `head` columns standing before them. Raises Unlike."""
    if {value for value in columns[head:] if value.startswith(b"\n")} - {b"\nCTT", b"\nSE"}:
        raise Unlike

    def role_of(name: bytes, place: int, value: bytes) -> str:
        if name in (b"PER", b"PID", b"PO1"):
            raise Unlike
        if name in (b"ST", b"SE"):
            return "unread"
        return "day" if name == b"BEG" and place == 5 and value else _given(value)

    segments, roles = _segments(columns, role_of)
    json, size = orjson.dumps(read_order(segments)), len(columns)
    given = [at for at, role in enumerate(roles) if role == "given"]
    day = roles.index("day") if "day" in roles else None
    marked = [*given, size + 1]
    json = json.replace(b'"lines":[]', b'"lines":[@%d@]' % (size + 1))
    if day is not None:
        json = json.replace(DAY_READ, b'"order_date":"@%d@","order_date_given":"@%d@"' % (size, day))
        marked += [size, day]
    json = _checked(json, marked)
    fixed = [at for at, role in enumerate(roles) if role in ("name", "empty")]
    if len(fixed) < 2 or len(marked) < 2:
        raise Unlike
    return FrameShape(
        names_count=len(segments),
        fixed=itemgetter(*fixed),
        expected=tuple(columns[at] for at in fixed),
        empties_count=columns.count(b"") + 1,  # the room for the date
        day=day,
        shown=itemgetter(*map(int, MARK.findall(json))),
        template=MARK.sub(b"%s", json),
    )


class Shapes:
    """The shapes met so far, of one stream of orders. It stops looking where orders are rarely alike."""

    def __init__(self) -> None:
        self._lines: dict[int, list[LineShape]] = {}
        self._frames: dict[tuple[int, int], list[FrameShape]] = {}
        self._misses_left = 100

    def order(self, body: bytes, delimiters: Delimiters) -> bytes | None:
        """The JSON of the order in an 850's bytes, ST to SE; None when it must be read the long way."""
        if self._misses_left <= 0:
            return None
        try:
            json = self._poured(*_columns(body, delimiters))
        except (Unlike, ValueError):  # ValueError: no PO1, no SE
            self._misses_left -= 1
            return None
        self._misses_left += 1
        return json

    def _poured(self, columns: list[bytes], names_count: int) -> bytes:
        begin = columns.index(b"\nPO1")
        tail = columns[-6:]
        end = len(columns) - len(tail) + tail.index(b"\nCTT" if b"\nCTT" in tail else b"\nSE")
        if end < begin:
            raise Unlike
        lines, frame = columns[begin:end], columns[:begin] + columns[end:]
        try:
            size = lines.index(b"\nPO1", 1)
        except ValueError:  # there is one
            size = len(lines)
        count, rest = divmod(len(lines), size)
        if rest:
            raise Unlike
        line = self._line(lines, size, count)
        values = [*frame, b"", (line.template * count)[:-1] % tuple(lines)]
        shape = self._frame((begin, len(frame)), frame, values)
        if line.names_count * count + shape.names_count != names_count:  # a name stands where an element should
            raise Unlike
        return shape.pour(values)

    def _line(self, lines: list[bytes], size: int, count: int) -> LineShape:
        known = self._lines.setdefault(size, [])
        for shape in known:
            if shape.fits(lines, count):
                return shape
        shape = line_shape(lines[:size])
        if not shape.fits(lines, count):
            raise Unlike
        known[:] = [shape, *known[: KEPT - 1]]
        return shape

    def _frame(self, size: tuple[int, int], frame: list[bytes], values: list[bytes]) -> FrameShape:
        known = self._frames.setdefault(size, [])
        for shape in known:
            if shape.fits(values):
                return shape
        shape = frame_shape(frame, size[0])
        if not shape.fits(values):
            raise Unlike
        known[:] = [shape, *known[: KEPT - 1]]
        return shape


def _columns(body: bytes, delimiters: Delimiters) -> tuple[list[bytes], int]:
    """Names after line ends and elements, of a set whose text JSON shows as it stands; how many names.

    Raises Unlike.
    """
    terminator, separator = delimiters.segment.encode(), delimiters.element.encode()
    if not body.isascii():
        raise Unlike
    body = body.removesuffix(terminator)
    ending = next((end for end in (terminator + b"\n", terminator + b"\r\n") if end in body), terminator)
    marked = b"\n" + body.replace(ending, separator + b"\n")
    not_verbatim = NOT_VERBATIM if terminator == b"\n" else NOT_VERBATIM + terminator
    # As many line ends as there were terminators, of which none is left: then all of them are ours.
    names_count = marked.count(b"\n")
    if names_count != body.count(terminator) + 1 or len(marked.translate(None, not_verbatim)) != len(marked):
        raise Unlike
    return marked.split(separator), names_count
