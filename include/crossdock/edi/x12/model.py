"""What an X12 file is made of, as the reader hands it out."""

from __future__ import annotations

from dataclasses import dataclass


def text(content: bytes) -> str:
    """Characters of bytes: UTF-8 where they are, else Latin-1, which always is."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, at one place."""

    level: str
    """interchange (a TA1 tells it) · group (AK9) · set (AK5) · segment (AK3) · element (AK4) · business (none)."""
    code: str
    """The code of that acknowledgement."""
    segment: str
    position: int
    """Which segment: counted from ISA = 1 for interchange and group, from ST = 1 within a set."""
    element: int
    """Which element, from 1; 0 when it is the segment itself."""
    value: str
    reason: str
    is_fatal: bool = True
    """Whether it rejects what it is part of; else it is accepted with errors."""

    @property
    def place(self) -> str:
        return f"{self.segment}{self.element:02d}" if self.element else self.segment

    def __str__(self) -> str:
        at = f" (segment {self.position})" if self.position else ""
        return f"{self.place}{at}: {self.reason}"

    def as_dict(self) -> dict:
        return {
            "level": self.level,
            "code": self.code,
            "segment": self.segment,
            "position": self.position,
            "element": self.element,
            "value": self.value,
            "reason": self.reason,
            "is_fatal": self.is_fatal,
        }


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that an interchange chose, as text; `segment` may be any character, a line end too."""

    element: str
    component: str
    segment: str
    repetition: str = ""


class Interchange:
    """ISA to IEA. Complete once the reader has yielded it: then `faults` are all there are at this level.

    What is seldom set is a default of the class: millions of them are made.
    """

    segments_count = 0
    groups_count = 0
    sets_count = 0
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    """What was tolerated: a byte-order mark, no-break spaces, wrapped lines."""
    reports: tuple[list[str], ...] = ()
    """Its TA1 segments, as elements."""
    strays: tuple[list[str], ...] = ()
    """Segments that stand where none may, the first hundred of them."""
    end = 0
    """Byte of the file after the last one that belongs to it."""

    def __init__(self, isa: bytes, delimiters: Delimiters, offset: int, ordinal: int, first: int) -> None:
        self.isa = isa
        self.delimiters = delimiters
        self.offset = offset
        """Byte of the file at which ISA begins."""
        self.ordinal = ordinal
        """Which interchange of the file, from 1."""
        self.first = first
        """Segments of the file before ISA."""

    @property
    def raw(self) -> list[str]:
        """ISA01 to ISA16 as received, padding included."""
        return text(self.isa).split(self.delimiters.element, 16)[1:]

    def element(self, number: int) -> str:
        """ISA<number> without padding."""
        return self.raw[number - 1].strip()

    @property
    def control_number(self) -> str:
        return self.element(13)

    @property
    def sender(self) -> str:
        return self.element(6)

    @property
    def receiver(self) -> str:
        return self.element(8)


class Group:
    """GS to GE. Complete once the reader has yielded it."""

    faults: tuple[Fault, ...] = ()
    sets_count = 0
    stated_sets = ""
    """GE01 as given."""
    numbers: set[bytes] | None = None
    """Set control numbers met so far, to find one used twice; while it is open."""

    def __init__(self, interchange: Interchange, gs: list[bytes], ordinal: int, position: int) -> None:
        self.interchange = interchange
        self.gs = gs
        self.ordinal = ordinal
        """Which group of the interchange, from 1."""
        self.position = position
        """Where GS stands in the interchange, ISA = 1."""

    def element(self, number: int) -> str:
        """GS<number>, empty where the segment is too short."""
        return text(self.gs[number]).strip() if number < len(self.gs) else ""

    @property
    def control_number(self) -> str:
        return self.element(6)


class TransactionSet:
    """ST to SE, with its bytes."""

    faults: tuple[Fault, ...] = ()
    segments_count = 0
    is_lined = False
    """Whether the reader has seen that a line feed, and nothing else, stands between segments."""
    body = b""
    """From ST to SE with their terminators, as received; empty when longer than the reader keeps."""

    def __init__(
        self, interchange: Interchange, group: Group | None, st: list[bytes], ordinal: int, first: int, offset: int
    ) -> None:
        self.interchange = interchange
        self.group = group
        self.st = st
        self.ordinal = ordinal
        """Which set of the interchange, from 1."""
        self.first = first
        """Segments of the file before ST."""
        self.offset = offset

    def element(self, number: int) -> str:
        """ST<number>, empty where the segment is too short."""
        return text(self.st[number]).strip() if number < len(self.st) else ""

    @property
    def position(self) -> int:
        """Where ST stands in the interchange, ISA = 1."""
        return self.first - self.interchange.first + 1

    @property
    def set_type(self) -> str:
        return self.element(1)

    @property
    def control_number(self) -> str:
        return self.element(2)


@dataclass(frozen=True, slots=True)
class Outside:
    """Bytes that belong to no interchange: counted and named, never dropped silently."""

    offset: int
    length: int
    sample: str
    """Its first characters."""


Event = Interchange | Group | TransactionSet | Outside
