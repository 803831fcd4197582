"""The ISA segment: where one begins, which delimiters it chose, whether it keeps its fixed widths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crossdock.edi.x12.model import Delimiters, Fault, text

CANDIDATE = re.compile(rb"ISA[^A-Za-z0-9\s]")
LONGEST = 600
"""Bytes within which an ISA must be complete: 106 characters, padded with characters of up to four bytes."""
WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
INTERCHANGE_CODE = (
    "010",
    "011",
    "012",
    "013",
    "005",
    "006",
    "007",
    "008",
    "014",
    "015",
    "016",
    "017",
    "018",
    "019",
    "020",
    "027",
)
NAMES = (
    "authorization qualifier", "authorization", "security qualifier", "security", "sender qualifier", "sender",
    "receiver qualifier", "receiver", "date", "time", "standard or repetition separator", "version", "control number",
    "acknowledgment requested", "usage indicator", "component separator",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """An ISA as found in a buffer: from `start` to `end`, where its terminator stands."""

    start: int
    end: int
    raw: tuple[str, ...]
    delimiters: Delimiters
    terminator: bytes
    is_wrapped: bool
    """A line end cuts through it: the file is wrapped and its line ends mean nothing; `end` is then of no use."""


def header_at(buffer: bytes, start: int, *, glued: bool = False) -> Header | None:
    """The ISA that begins at `start`, or None when what stands there is not one.

    `glued` asks for more proof, for an ISA found in the middle of other data: every fixed width must be kept.
    """
    window = buffer[start : start + LONGEST]
    separator = window[3:4]
    parts = window.split(separator, 16)
    if len(parts) < 17 or len(parts[1].strip()) > 2 or len(parts[5].strip()) > 2:
        return None
    is_wrapped = any(b"\n" in part or b"\r" in part for part in parts[:16])
    if is_wrapped:
        parts = [part.translate(None, b"\r\n") for part in parts]
    raw = [text(part) for part in parts[1:16]]
    shown = text(parts[16])
    if not shown or ((glued or is_wrapped) and tuple(map(len, raw)) != WIDTHS[:15]):
        return None
    component, terminator = _ending(shown)
    if terminator.isalnum() or terminator in (" ", "\t", text(separator)) or any(terminator in value for value in raw):
        return None
    end = start + len(window) - len(parts[16]) + len(component.encode())
    delimiters = Delimiters(text(separator), component, terminator, _repetition(raw))
    return Header(start, end, (*raw, component), delimiters, terminator.encode(), is_wrapped)


def _ending(shown: str) -> tuple[str, str]:
    """ISA16 and the segment terminator, from what follows the sixteenth separator.

    Two slips are seen through: a blank in the terminator's place cannot be meant, as data hold blanks, so the line end
    after it is; and where ISA16 is left out the terminator stands in its place, as the end of the next line shows.
    """
    component, rest = shown[0], shown[1:]
    if rest[:1] in (" ", "\t") and rest.lstrip(" \t")[:1] in ("\r", "\n"):
        rest = rest.lstrip(" \t")
    lines = rest.split("\n", 2)
    if len(lines) == 3 and not lines[0].strip("\r") and lines[1].rstrip().endswith(component):
        return "", component
    return component, rest[:1] or "\n"


def _repetition(raw: list[str]) -> str:
    """ISA11 from version 00402 on, where it is a character that can separate; before, it named the standard."""
    return raw[10] if raw[11] >= "00402" and len(raw[10]) == 1 and not raw[10].isalnum() and raw[10] != " " else ""


def plainly_right(separator: bytes) -> re.Pattern[bytes]:
    """What an ISA looks like when `check` has nothing to say of it: one look instead of twenty."""
    s = re.escape(separator)
    widths = s.join(rb"[^\x00-\x1f\x7f-\xff%s]{%d}" % (s, width) for width in WIDTHS[:8])
    date, time = rb"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|30)", rb"(?:[01]\d|2[0-3])[0-5]\d"
    rest = s.join([date, time, rb".", rb"[!-)+-~]{5}", rb"\d{9}", rb"[01]", rb"[PTI]", rb"[^\w\s]"])
    return re.compile(rb"ISA" + s + widths + s + rest)


def check(raw: list[str], delimiters: Delimiters) -> list[Fault]:
    """What is wrong with the ISA by itself: widths, date, time, control number, usage, delimiters."""
    faults = []
    for index, (value, width) in enumerate(zip(raw, WIDTHS, strict=True)):
        if len(value) != width:
            said = f"has {len(value)} characters and must have {width}" if value else "is missing"
            faults.append(_fault(index, value, f"{NAMES[index]} {said}"))
    value = raw[8].strip()
    if len(value) == 6 and not (value.isdigit() and "01" <= value[2:4] <= "12" and "01" <= value[4:] <= "31"):
        faults.append(_fault(8, value, "is not a date as YYMMDD"))
    value = raw[9].strip()
    if len(value) == 4 and not (value.isdigit() and value[:2] <= "23" and value[2:] <= "59"):
        faults.append(_fault(9, value, "is not a time as HHMM"))
    if not raw[12].strip().isdigit():
        faults.append(_fault(12, raw[12], "control number is not nine digits", is_fatal=True))
    if raw[13] not in ("0", "1"):
        faults.append(_fault(13, raw[13], "acknowledgment requested is not 0 or 1"))
    if raw[14] not in ("P", "T", "I"):
        faults.append(_fault(14, raw[14], "usage indicator is not P, T or I"))
    if delimiters.component == delimiters.element:
        faults.append(_fault(15, raw[15], "component separator equals the element separator"))
    return faults


def _fault(index: int, value: str, reason: str, *, is_fatal: bool = False) -> Fault:
    return Fault("interchange", INTERCHANGE_CODE[index], "ISA", 1, index + 1, value.strip(), reason, is_fatal)
