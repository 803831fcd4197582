"""Writing X12: segments in envelopes, with counts and control numbers that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.edi.x12.model import Delimiters

OURS = Delimiters("*", ">", "~", "^")
Segments = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, when, under which numbers. `at` is written as it stands, in its own zone."""

    sender: tuple[str, str]
    """Qualifier and id, as ISA05 and ISA06."""
    receiver: tuple[str, str]
    group_sender: str
    group_receiver: str
    control_number: int
    """Of the interchange, and of its one group."""
    at: datetime
    version: str = "00401"
    group_version: str = "004010"
    usage: str = "P"

    @property
    def interchange_control_number(self) -> str:
        return f"{self.control_number:09d}"

    @property
    def group_control_number(self) -> str:
        return str(self.control_number)


def clean(value: str, delimiters: Delimiters = OURS) -> str:
    """A text that can be an element: delimiters and control characters become blanks."""
    bad = {delimiters.element, delimiters.component, delimiters.segment, delimiters.repetition}
    return "".join(" " if c in bad or c < " " or c == "\x7f" else c for c in value)


def segment(elements: Sequence[str]) -> str:
    """One segment with its terminator; empty elements at the end are left out."""
    return "*".join(elements).rstrip("*") + "~\n"


def interchange(
    envelope: Envelope, functional_code: str = "", sets: Sequence[tuple[str, Segments]] = (), loose: Segments = ()
) -> bytes:
    """ISA to IEA: `loose` segments (TA1), then one group of sets, each (type, segments between ST and SE).

    Set control numbers count from 0001. Without sets there is no group.
    """
    lines = [_isa(envelope), *(segment(each) for each in loose)]
    if sets:
        lines += _group(envelope, functional_code, sets)
    lines.append(segment(["IEA", "1" if sets else "0", envelope.interchange_control_number]))
    return "".join(lines).encode()


def _isa(envelope: Envelope) -> str:
    repetition = "U" if envelope.version < "00402" else "^"
    fields = [
        "ISA", "00", " " * 10, "00", " " * 10, *_party(envelope.sender), *_party(envelope.receiver),
        f"{envelope.at:%y%m%d}", f"{envelope.at:%H%M}", repetition, envelope.version,
        envelope.interchange_control_number, "0", envelope.usage, ">",
    ]  # fmt: skip
    return "*".join(fields) + "~\n"


def _party(given: tuple[str, str]) -> tuple[str, str]:
    qualifier, id_ = given
    return _id(qualifier)[:2].ljust(2), _id(id_)[:15].ljust(15)


def _id(given: str) -> str:
    """As an envelope can hold it: ISA is 106 bytes to whoever reads it by place, so that each character must be one."""
    return clean(given).encode("ascii", "replace").decode()


def _group(envelope: Envelope, functional_code: str, sets: Sequence[tuple[str, Segments]]) -> list[str]:
    number = envelope.group_control_number
    lines = [
        segment([
            "GS", functional_code, _id(envelope.group_sender)[:15], _id(envelope.group_receiver)[:15],
            f"{envelope.at:%Y%m%d}", f"{envelope.at:%H%M}", number, "X", envelope.group_version,
        ])
    ]  # fmt: skip
    for ordinal, (set_type, body) in enumerate(sets, 1):
        control = f"{ordinal:04d}"
        lines.append(segment(["ST", set_type, control]))
        lines += [segment(each) for each in body]
        lines.append(segment(["SE", str(len(body) + 2), control]))
    return [*lines, segment(["GE", str(len(sets)), number])]
