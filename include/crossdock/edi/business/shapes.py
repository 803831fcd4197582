"""Orders of one shape: most 850s of a partner have the same segments, so their JSON is filled in, not built.

A shape is learnt by reading an order of it once with `read_order`, a mark in the place of each element; what comes out
is a template. An order that fits one (same segments, same elements given and left out) is split once and poured into
it, to the very bytes that `read_order` would have led to. What fits none, or needs a closer look (escapes, other
alphabets, contacts, binary data), is not written here: it is read the long way.

An order is seen as columns: the names of its segments, each after a NAME mark, and their elements, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import orjson

from crossdock.edi.business.order import FREE_TEXT, read_order
from crossdock.edi.x12.model import Delimiters

NAME = b"\x7f"
"""Stands before the name of a segment. No order in which it is found is looked at here."""
TEXT = b"\x1f"
"""A column that stands for the name and the four elements with which most descriptions begin."""
VERBATIM = frozenset(range(32, 128)) - frozenset(b'"\\')
"""What JSON shows as it stands; line ends are taken off before."""
MARK = re.compile(rb"@(\d+)@")
DAY, DAY_READ = "19000101", b'"order_date":"1900-01-01","order_date_given":"19000101"'
BINARY = (b"BIN", b"BDS")
KEPT = 32
"""Shapes that are kept, the last used first."""


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
        if value == TEXT:
            name, place = b"PID", len(FREE_TEXT) - 1
            role_of(name, 0, value)
            segments.append(list(FREE_TEXT))
            roles.append("name")
            continue
        if value.startswith(NAME):
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
            found = columns[at::size]
            values = {found[0]} if found.count(found[0]) == count else set(found)
            if b"" in values or not used.isdisjoint(values):
                return False
            used |= values
        return True

    def pour(self, columns: list[bytes], count: int) -> bytes:
        """The JSON of so many lines."""
        return (self.template * count)[:-1] % tuple(columns)


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
    """Takes out what is poured into the template; behind the last column stand the date as ISO, and the lines."""
    template: bytes

    def fits(self, columns: list[bytes]) -> bool:
        """Whether an order is of this shape."""
        if self.fixed(columns) != self.expected or columns.count(b"") != self.empties_count:
            return False
        return self.day is None or (len(columns[self.day]) == 8 and columns[self.day].isdigit())

    def pour(self, columns: list[bytes], lines: bytes) -> bytes:
        """The order's JSON, given that of its lines."""
        day = b"" if self.day is None else columns[self.day]
        return self.template % self.shown([*columns, b"%b-%b-%b" % (day[:4], day[4:6], day[6:]), lines])


def frame_shape(columns: Sequence[bytes], head: int) -> FrameShape:
    """The shape of an order without its lines, the first `head` columns standing before them. Raises Unlike."""
    if {value for value in columns[head:] if value.startswith((NAME, TEXT))} - {NAME + b"CTT", NAME + b"SE"}:
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
        empties_count=columns.count(b""),
        day=day,
        shown=itemgetter(*map(int, MARK.findall(json))),
        template=MARK.sub(b"%s", json),
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """An order: lines of one shape in a frame."""

    head: int
    """Columns before the lines…"""
    tail: int
    """… and after them."""
    frame: FrameShape
    line: LineShape

    def pour(self, columns: list[bytes], names_count: int) -> bytes | None:
        """The JSON of an order that is of this shape, else None."""
        count, rest = divmod(len(columns) - self.head - self.tail, self.line.size)
        if rest or count < 1 or names_count != self.frame.names_count + count * self.line.names_count:
            return None  # where the names are too many, one stands where an element should
        head, tail = columns[: self.head], columns[-self.tail :]
        frame = head + tail
        if not self.frame.fits(frame):
            return None
        del columns[-self.tail :], columns[: self.head]  # cheaper than to copy the lines
        if not self.line.fits(columns, count):
            columns[:] = head + columns + tail
            return None
        return self.frame.pour(frame, self.line.pour(columns, count))


def order_shape(columns: list[bytes]) -> Shape:
    """The shape of an order, its first line standing for all. Raises Unlike; ValueError without PO1 or SE."""
    head = columns.index(NAME + b"PO1")
    last = columns[-6:]
    tail = len(last) - last.index(NAME + b"CTT" if NAME + b"CTT" in last else NAME + b"SE")
    lines = columns[head:-tail]
    if not lines:
        raise Unlike
    size = lines.index(NAME + b"PO1", 1) if NAME + b"PO1" in lines[1:] else len(lines)
    if len(lines) % size:
        raise Unlike  # as most damage shows itself, at little cost
    return Shape(head, tail, frame_shape(columns[:head] + columns[-tail:], head), line_shape(lines[:size]))


class Shapes:
    """The shapes met so far, of one stream of orders. It stops looking where orders are rarely alike."""

    def __init__(self) -> None:
        self._known: list[Shape] = []
        self._misses_left = 100
        self._delimiters: Delimiters | None = None

    def order(self, body: bytes, delimiters: Delimiters, *, lines_count: int = 0) -> bytes | None:
        """The JSON of the order in an 850's bytes, ST to SE; None when it must be read the long way.

        `lines_count`: its segments, where it is known that a line feed and nothing else stands between them.
        """
        if self._misses_left <= 0:
            return None
        if delimiters is not self._delimiters and delimiters != self._delimiters:
            self._delimiters, self._splitter = delimiters, Splitter(delimiters)
        try:
            columns, names_count = self._splitter.columns(body, lines_count)
            for shape in self._known:
                if (json := shape.pour(columns, names_count)) is not None:
                    self._misses_left += 1
                    if shape is not self._known[0]:
                        self._put_first(shape)
                    return json
            self._misses_left -= 1
            shape = order_shape(columns)
        except (Unlike, ValueError):
            self._misses_left -= 1
            return None
        if (json := shape.pour(columns, names_count)) is not None:
            self._put_first(shape)
        return json

    def _put_first(self, shape: Shape) -> None:
        self._known[:] = [shape, *(each for each in self._known if each is not shape)][:KEPT]


class Splitter:
    """Splits sets with one choice of delimiters, whose text JSON shows as it stands, into columns."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._terminator, self._separator = delimiters.segment.encode(), delimiters.element.encode()
        self._endings = [self._terminator + line_end for line_end in (b"\n", b"\r\n", b"")]
        plain = VERBATIM - set(self._terminator)
        self._plain = bytes(code if code in plain else 0xFF for code in range(256))
        self._lined = b""
        if len(self._terminator) == len(self._separator) == 1:
            changed = {self._terminator[0]: self._separator[0], ord("\n"): NAME[0]}
            self._lined = bytes(changed.get(code, to) for code, to in enumerate(self._plain))
        self._text = NAME + self._separator.join(part.encode() for part in ("PID", *FREE_TEXT[1:])) + self._separator

    def columns(self, body: bytes, lines_count: int = 0) -> tuple[list[bytes], int]:
        """Names after their marks and elements; how many names there are, those within TEXT among them.

        Raises Unlike where anything would need an escape, or the segments do not all end in one way.
        """
        if NAME in body:
            raise Unlike
        body = body.removesuffix(self._terminator)
        if lines_count and self._lined:
            marked = body.translate(self._lined)
            names_count = marked.count(NAME) + 1
            if not marked.isascii() or names_count != lines_count:  # a line feed within an element
                raise Unlike
        else:
            marked = self._marked(body)
            names_count = marked.count(NAME) + 1
        return (NAME + marked.replace(self._text, TEXT + self._separator)).split(self._separator), names_count

    def _marked(self, body: bytes) -> bytes:
        """With a separator and a mark for each terminator and the line end after it. Raises Unlike."""
        for ending in self._endings:
            marked = body.replace(ending, self._separator + NAME).translate(self._plain)
            if marked.isascii():  # no terminator or line end is left
                if ending is not self._endings[0]:
                    self._endings.sort(key=lambda each: each is not ending)  # the next set will be like this one
                return marked
        raise Unlike
