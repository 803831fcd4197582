"""Interchanges, sets and reports as records: what landing keeps, `crossdock edi read` prints and staging reads.

The shapes are written down in docs/reference/edi.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from crossdock.edi.business.acknowledgement import read_acknowledgement, read_report
from crossdock.edi.business.order import read_order
from crossdock.edi.business.response import read_response
from crossdock.edi.verdict import REJECTED, judged, verdict, worst
from crossdock.edi.x12.model import Event, Fault, Group, Interchange, Outside, TransactionSet
from crossdock.edi.x12.segments import segments

CONTENT: dict[str, tuple[str, Callable[[list[list[str]]], dict]]] = {
    "850": ("order", read_order),
    "855": ("response", read_response),
    "997": ("acknowledgement", read_acknowledgement),
    "999": ("acknowledgement", read_acknowledgement),
}
"""Set types that are read into named fields, and the field of the record; of others the segments are kept."""

ISA_FIELDS = (
    "authorization_qualifier", "authorization", "security_qualifier", "security", "sender_qualifier", "sender",
    "receiver_qualifier", "receiver", "date", "time", "standard", "version", "control_number", "wants_ta1", "usage",
    "component_separator",
)  # fmt: skip
GS_FIELDS = ("functional_code", "sender", "receiver", "date", "time", "control_number", "agency", "version")


def interchange_fields(of: Interchange) -> dict:
    """ISA in words."""
    fields = {name: value.strip() for name, value in zip(ISA_FIELDS, of.raw, strict=False)}
    return {**fields, "ordinal": of.ordinal}


def group_fields(of: Group | None) -> dict | None:
    """GS in words; None where a set stands outside of any group."""
    if of is None:
        return None
    return {**{name: of.element(number) for number, name in enumerate(GS_FIELDS, 1)}, "ordinal": of.ordinal}


def set_record(of: TransactionSet, syntax: Iterable[Fault] | None = None) -> dict:
    """A transaction set with what it says. `syntax` are the faults of its 997; its own control faults if None."""
    split = segments(of)
    name, reader = CONTENT.get(of.set_type, ("segments", list))
    return {
        "kind": "transaction_set",
        "interchange": interchange_fields(of.interchange),
        "group": group_fields(of.group),
        "set": {
            "type": of.set_type,
            "control_number": of.control_number,
            "ordinal": of.ordinal,
            "position": of.position,
            "segments_count": of.segments_count,
        },
        "syntax": judged(of.faults if syntax is None else syntax),
        name: reader(split),
    }


def interchange_record(of: Interchange) -> dict:
    """An interchange as a whole: its envelope's verdict, and what stands in it beside groups."""
    return {
        "kind": "interchange",
        "interchange": interchange_fields(of),
        "envelope": judged(of.faults),
        "counts": {"groups": of.groups_count, "sets": of.sets_count, "segments": of.segments_count},
        "bytes": {"offset": of.offset, "length": of.end - of.offset},
        "notes": list(of.notes),
        "strays": of.strays,
        "reports": [read_report(report) for report in of.reports],
    }


def group_record(of: Group) -> dict:
    """A functional group: what its trailer has to say."""
    return {
        "kind": "group",
        "interchange": interchange_fields(of.interchange),
        "group": group_fields(of),
        "counts": {"sets": of.sets_count},
        "syntax": judged(of.faults),
    }


def outside_record(of: Outside) -> dict:
    """Bytes that belong to no interchange."""
    return {
        "kind": "outside",
        "bytes": {"offset": of.offset, "length": of.length},
        "sample": of.sample,
        "envelope": {
            "verdict": REJECTED,
            "faults": [Fault("interchange", "022", "", 0, 0, of.sample[:40], "bytes that belong to no interchange").as_dict()],
        },
    }


def stream(events: Iterable[Event]) -> Iterator[dict]:
    """A record for each event as it comes: constant memory, but a set is told before its interchange's verdict."""
    for event in events:
        match event:
            case TransactionSet():
                yield set_record(event)
            case Interchange():
                yield interchange_record(event)
            case Group():
                if event.faults:
                    yield group_record(event)
            case _:
                yield outside_record(event)
