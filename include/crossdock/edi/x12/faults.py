"""The faults of envelopes, each with its code and its sentence."""

from __future__ import annotations

from crossdock.edi.x12.model import Fault


def interchange_number(position: int, given: str, header: str) -> Fault:
    reason = f"control number {given or 'missing'} does not match ISA13 {header}"
    return Fault("interchange", "001", "IEA", position, 2, given, reason)


def interchange_number_form(position: int, given: str) -> Fault:
    return Fault("interchange", "018", "IEA", position, 2, given, "control number is not nine digits", is_fatal=False)


def groups_count(position: int, given: str, counted: int) -> Fault:
    return Fault("interchange", "021", "IEA", position, 1, given, f"says {given or 'no'} groups where {counted} are")


def no_interchange_trailer(position: int) -> Fault:
    return Fault("interchange", "023", "IEA", position, 0, "", "interchange ends without IEA")


def stray(position: int, name: str) -> Fault:
    return Fault("interchange", "022", name, position, 0, name, f"{name} stands outside of a transaction set")


def misplaced(position: int, name: str, reason: str) -> Fault:
    return Fault("interchange", "022", name, position, 0, "", reason)


def group_header(position: int, parts: list[bytes]) -> Fault:
    """A GS that lacks elements, or has a control number or functional code that cannot be one."""
    if len(parts) != 9:
        return Fault("interchange", "024", "GS", position, 0, "", f"has {len(parts) - 1} elements and must have 8")
    element = 1 if not parts[1].isalnum() else 6
    given = parts[element].decode("latin-1")
    return Fault(
        "interchange",
        "024",
        "GS",
        position,
        element,
        given,
        "is not a functional code" if element == 1 else "is not a number",
    )


def no_group_trailer(position: int) -> Fault:
    return Fault("group", "3", "GE", position, 0, "", "functional group ends without GE")


def group_number(position: int, given: str, header: str) -> Fault:
    return Fault(
        "group", "4", "GE", position, 2, given, f"control number {given or 'missing'} does not match GS06 {header}"
    )


def sets_count(position: int, given: str, counted: int) -> Fault:
    return Fault("group", "5", "GE", position, 1, given, f"says {given or 'no'} transaction sets where {counted} are")


def no_set_trailer(position: int) -> Fault:
    return Fault("set", "2", "SE", position, 0, "", "transaction set ends without SE")


def set_number(position: int, given: str, header: str) -> Fault:
    return Fault(
        "set", "3", "SE", position, 2, given, f"control number {given or 'missing'} does not match ST02 {header}"
    )


def segments_count(position: int, given: str, counted: int) -> Fault:
    return Fault("set", "4", "SE", position, 1, given, f"says {given or 'no'} segments where {counted} are")


def no_set_type(given: str) -> Fault:
    return Fault("set", "6", "ST", 1, 1, given, "set identifier is missing or not three characters")


def no_set_number(given: str) -> Fault:
    return Fault("set", "7", "ST", 1, 2, given, "set control number is missing or not four to nine characters")


def set_number_twice(given: str) -> Fault:
    return Fault("set", "23", "ST", 1, 2, given, f"set control number {given} was used before in this group")


def too_long(kept: int) -> Fault:
    return Fault("set", "1", "ST", 1, 0, "", f"set is longer than the {kept >> 20} MiB that are read as one")
