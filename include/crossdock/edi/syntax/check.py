"""A transaction set against the dictionary: AK3 and AK4 faults, in the order of the segments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossdock.edi.syntax.dictionary import FUNCTIONAL_CODES, KEY, SETS, Element, SetSpec, segment
from crossdock.edi.x12.model import Fault, TransactionSet

NAME = re.compile(r"[A-Z][A-Z0-9]{1,2}")
NUMBER = {
    "N0": re.compile(r"-?\d+"),
    "N2": re.compile(r"-?\d+"),
    "R": re.compile(r"-?(\d+\.?\d*|\.\d+)(E-?\d+)?"),
}
DATE = re.compile(r"(\d\d)?\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
TIME = re.compile(r"([01]\d|2[0-3])[0-5]\d([0-5]\d(\d{1,2})?)?")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
MOST = 100
"""Faults of one set that are told; a 997 cannot usefully say more."""


def check_set(given: TransactionSet, segments: list[list[str]]) -> list[Fault]:
    """What a 997 says of the set beside its control numbers and counts."""
    spec = SETS.get(given.set_type)
    if spec is None:
        reason = f"transaction set {given.set_type or 'without a type'} is not one that we read"
        return [Fault("set", "1", "ST", 1, 1, given.set_type, reason)]
    faults: list[Fault] = []
    group, expected = given.group, FUNCTIONAL_CODES[given.set_type]
    if group is not None and group.element(1) != expected:
        reason = f"a {given.set_type} travels in a group {expected}, not {group.element(1)}"
        faults.append(Fault("set", "6", "ST", 1, 1, given.set_type, reason, is_fatal=False))
    is_old = group is not None and group.element(8) < "004010"
    for fault in _all(spec, segments, given.interchange.delimiters.repetition, is_old=is_old):
        faults.append(fault)
        if len(faults) == MOST:
            break
    return faults


def _all(spec: SetSpec, segments: list[list[str]], repetition: str, *, is_old: bool) -> Iterator[Fault]:
    yield from _places(spec, segments)
    for position, given in enumerate(segments, 1):
        yield from check_segment(given, position, repetition, is_old=is_old)


def _places(spec: SetSpec, segments: list[list[str]]) -> Iterator[Fault]:
    """Which segments stand where they may, and which are missing."""
    if len(segments) < 2 or segments[1][0] != spec.first:
        yield Fault("segment", "3", spec.first, 2, 0, "", f"{spec.first} is missing: it must follow ST")
    area, anywhere = 0, frozenset().union(*(names for _, names in spec.areas))
    openers = [opener for opener, _ in spec.areas]
    for position, given in enumerate(segments, 1):
        name = given[0]
        if name in ("ST", "SE") and position in (1, len(segments)):
            continue
        if name in openers and openers.index(name) > area:
            area = openers.index(name)
        if name not in spec.areas[area][1]:
            yield _misplaced(name, position, is_known=name in anywhere)
        elif name == spec.first and position > 2:
            yield Fault("segment", "5", name, position, 0, name, f"{name} may stand only once, after ST")
    names = {given[0] for given in segments}
    for needed in spec.needed:
        if needed not in names and needed != spec.first:
            yield Fault("segment", "3", needed, len(segments), 0, "", f"{needed} is missing")


def _misplaced(name: str, position: int, *, is_known: bool) -> Fault:
    shown = name[:20]
    if is_known:
        return Fault("segment", "2", shown, position, 0, shown, f"{shown} is not expected at this place")
    if NAME.fullmatch(name):
        return Fault("segment", "6", shown, position, 0, shown, f"{shown} is not part of this transaction set")
    return Fault("segment", "1", shown, position, 0, shown, f"{shown!r} is no segment")


def check_segment(given: list[str], position: int, repetition: str = "", *, is_old: bool = False) -> Iterator[Fault]:
    """The elements of one segment. `is_old` is before 4010, when dates had six digits."""
    known = segment(given[0])
    if known is None:
        return
    name, is_fatal = given[0], given[0] in KEY
    if len(given) - 1 > len(known.elements):
        extra = len(known.elements) + 1
        reason = f"has {len(given) - 1} elements where {len(known.elements)} may be: a terminator may be missing"
        yield Fault("element", "3", name, position, extra, given[extra][:99], reason)
    for number, element in enumerate(known.elements, 1):
        value = given[number] if number < len(given) else ""
        if not value.strip():
            if element.is_mandatory:
                yield Fault("element", "1", name, position, number, "", "mandatory element is missing", is_fatal)
            continue
        for part in value.split(repetition) if repetition else (value,):
            if wrong := _wrong(element, part, is_old=is_old):
                yield Fault(
                    "element", wrong[0], name, position, number, part[:99], wrong[1], is_fatal or wrong[0] == "6"
                )
    for kind, numbers in known.relations:
        if reason := _unrelated(kind, numbers, given):
            yield Fault("element", "2", name, position, reason[0], "", reason[1], is_fatal)


def _wrong(element: Element, value: str, *, is_old: bool) -> tuple[str, str] | None:
    """(AK403, reason) of one value; None when it is right."""
    if CONTROL.search(value):
        return "6", "holds a line end or control character: a terminator may be missing"
    if element.type == "C":
        return None
    if element.type in NUMBER and not NUMBER[element.type].fullmatch(value):
        return "6", f"{value!r} is not a number"
    if element.type == "DT" and not (DATE.fullmatch(value) and (is_old or len(value) == 8)):
        return "8", f"{value!r} is not a date as CCYYMMDD"
    if element.type == "TM" and not TIME.fullmatch(value):
        return "9", f"{value!r} is not a time as HHMM"
    length = len(value.lstrip("-").replace(".", "")) if element.type in NUMBER else len(value)
    if length < element.least:
        return "4", f"{value!r} is shorter than {element.least}"
    if length > element.most:
        return "5", f"{value[:40]!r} is longer than {element.most}"
    if element.codes and value not in element.codes:
        return "7", f"{value!r} is not a code of the standard"
    return None


def _unrelated(kind: str, numbers: tuple[int, ...], given: list[str]) -> tuple[int, str] | None:
    """(element, reason) where a relation between elements is broken."""
    there = [number < len(given) and bool(given[number].strip()) for number in numbers]
    names = " and ".join(f"{number:02d}" for number in numbers)
    missing = next((number for number, is_there in zip(numbers, there, strict=True) if not is_there), 0)
    if kind == "P" and any(there) and not all(there):
        return missing, f"elements {names} go together"
    if kind == "R" and not any(there):
        return numbers[0], f"one of the elements {names} must be there"
    if kind == "C" and there[0] and not all(there[1:]):
        return missing, f"element {numbers[0]:02d} is given without {missing:02d}"
    return None
