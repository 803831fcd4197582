"""Interchanges, sets and reports as records: what landing keeps, `crossdock edi read` prints and staging reads.

The shapes are written down in docs/reference/edi.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import orjson

from crossdock.edi.business.acknowledgement import read_acknowledgement, read_report
from crossdock.edi.business.completeness import business_faults
from crossdock.edi.business.order import read_order
from crossdock.edi.business.response import read_response
from crossdock.edi.business.shapes import Shapes
from crossdock.edi.documents import Document, JudgedSet
from crossdock.edi.verdict import REJECTED, judged, verdict, worst
from crossdock.edi.x12.model import Event, Fault, Group, Interchange, Outside, TransactionSet, text
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
ENVELOPE = b'{"kind":"transaction_set","interchange":%b,"group":%b,"set":'
FAULTLESS = b'{"verdict":"accepted","faults":[]}'
SHAPED = (
    b'%b{"type":"850","control_number":"%b","ordinal":%d,"position":%d,"segments_count":%d},"syntax":%b,"order":%b}\n'
)
"""An order's line, where nothing in it needs an escape."""
PLAIN = (
    b'{"kind":"interchange","interchange":%b,"envelope":{"verdict":"accepted","faults":[]},'
    b'"counts":{"groups":%d,"sets":%d,"segments":%d},"bytes_count":%d,'
    b'"groups":[],"reports":[],"notes":[],"strays":[]}\n'
)
"""The line of an interchange of which there is nothing more to say."""


def dump(record: dict) -> bytes:
    """A record as compact JSON."""
    return orjson.dumps(record)


def interchange_fields(of: Interchange) -> dict:
    """ISA in words."""
    return {name: value.strip() for name, value in zip(ISA_FIELDS, of.raw, strict=False)}


def group_fields(of: Group | None) -> dict | None:
    """GS in words; None where a set stands outside of any group."""
    if of is None:
        return None
    elements = [text(element).strip() for element in of.gs[1 : len(GS_FIELDS) + 1]]
    fields = dict(zip(GS_FIELDS, elements + [""] * (len(GS_FIELDS) - len(elements)), strict=True))
    fields["ordinal"] = of.ordinal
    return fields


def set_fields(of: TransactionSet) -> dict:
    """Which set it is, and where it stands."""
    return {
        "type": of.set_type,
        "control_number": of.control_number,
        "ordinal": of.ordinal,
        "position": of.position,
        "segments_count": of.segments_count,
    }


def set_record(of: TransactionSet, judgement: JudgedSet | None = None, *, sku_qualifiers: Sequence[str] = ()) -> dict:
    """A transaction set with what it says. Without a judgement only its control numbers and counts were checked."""
    split = judgement.segments if judgement else segments(of)
    field, reader = CONTENT.get(of.set_type, ("segments", list))
    content = reader(split)
    record = {
        "kind": "transaction_set",
        "interchange": interchange_fields(of.interchange),
        "group": group_fields(of.group),
        "set": set_fields(of),
    }
    if judgement is None:
        record["syntax"] = judged(of.faults)
    else:
        record.update(_judgement(judgement, content, field))
    record[field] = content
    if field in ("order", "response") and sku_qualifiers:
        for each in content["lines"]:
            each["partner_sku"] = partner_sku(each["ids"], sku_qualifiers)
    return record


def _judgement(of: JudgedSet, content: dict, field: str) -> dict:
    """Three verdicts, and the one reason why the set may not flow, where there is one."""
    said = business_faults(field, content)
    result = {
        "envelope": {"verdict": verdict(of.set.interchange.faults)},
        "syntax": judged(of.faults),
        "business": judged(said),
    }
    if fault := of.fault or worst(said):
        result["fault"] = str(fault)
        result["fault_place"] = {
            "segment": fault.segment,
            "element": fault.element,
            "level": fault.level,
            "code": fault.code,
        }
    return result


def partner_sku(ids: dict[str, str], qualifiers: Sequence[str]) -> str:
    """The product id that names the item: of the first qualifier that is there, else the first given."""
    for qualifier in qualifiers:
        if ids.get(qualifier):
            return ids[qualifier]
    return next((value for value in ids.values() if value), "")


def interchange_record(
    of: Interchange, document: Document | None = None, *, fields: orjson.Fragment | None = None
) -> dict:
    """An interchange as a whole: its envelope's verdict, its groups, and what stands in it beside them.

    `fields` are its ISA in words, where they have been written before.
    """
    groups = document.groups if document else []
    return {
        "kind": "interchange",
        "interchange": fields or interchange_fields(of),
        "envelope": judged(of.faults),
        "counts": {"groups": of.groups_count, "sets": of.sets_count, "segments": of.segments_count},
        "bytes_count": of.end - of.offset,
        "groups": [
            {
                **group_fields(group),
                "sets_count": group.sets_count,
                "stated_sets": group.stated_sets or str(group.sets_count),
                "verdict": document.group_verdict(group),
                "faults": [fault.as_dict() for fault in group.faults],
            }
            for group in groups
        ],
        "reports": [read_report(report) for report in of.reports],
        "notes": list(of.notes),
        "strays": of.strays,
    }


def group_record(of: Group) -> dict:
    """A functional group whose trailer does not add up."""
    return {
        "kind": "group",
        "interchange": interchange_fields(of.interchange),
        "group": group_fields(of),
        "counts": {"sets": of.sets_count},
        "syntax": judged(of.faults),
    }


def outside_record(of: Outside) -> dict:
    """Bytes that belong to no interchange."""
    fault = Fault(
        "interchange", "022", "", 0, 0, of.sample[:40], f"{of.length} bytes at {of.offset} belong to no interchange"
    )
    return {
        "kind": "outside",
        "bytes": {"offset": of.offset, "length": of.length},
        "sample": of.sample,
        "envelope": {"verdict": REJECTED, "faults": [fault.as_dict()]},
        "fault": fault.reason,
    }


def lines(events: Iterable[Event]) -> Iterator[tuple[bytes, bool]]:
    """A line of JSON for each event as it comes, and whether what it tells adds up.

    Constant memory; a set is told before the record of its interchange.
    """
    interchange, group, fields, envelope = None, None, b"", b""
    shapes, headers, group_headers = Shapes(), Alike(), Alike()
    for event in events:
        match event:
            case TransactionSet():
                if event.interchange is not interchange:
                    interchange, group, envelope = event.interchange, None, b""
                    fields = _interchange_json(interchange, headers)
                if event.group is not group or not envelope:
                    group = event.group
                    envelope = ENVELOPE % (fields, _group_json(group, group_headers))
                yield _set_line(event, envelope, shapes), not event.faults
            case Interchange():
                if event is not interchange:
                    fields = _interchange_json(event, headers)
                yield _interchange_line(event, fields), not any(fault.is_fatal for fault in event.faults)
            case Group():
                if event.faults:
                    yield dump(group_record(event)) + b"\n", False
            case _:
                yield dump(outside_record(event)) + b"\n", False


class Alike:
    """The JSON of headers that are like the one before but for their control numbers, as most are."""

    def __init__(self) -> None:
        self._rest: object = None
        self._around = (b"", b"")

    def json(self, number: bytes, rest: object) -> bytes | None:
        """The JSON of a header with this control number; None where `rest` of it is not as it was."""
        return number.join(self._around) if rest == self._rest and number.isdigit() else None

    def learn(self, number: bytes, rest: object, json: bytes) -> bytes:
        """Keep the JSON of a header that says nothing but this control number and `rest`."""
        before, name, after = json.partition(b'"control_number":"')
        if number.isdigit():
            self._rest, self._around = rest, (before + name, after[len(number) :])
        return json


def _interchange_json(of: Interchange, headers: Alike) -> bytes:
    """ISA in words."""
    isa = of.isa
    number, rest = isa[90:99], (isa[:90], isa[99:])
    if (known := headers.json(number, rest)) is not None:
        return known
    json, separator = dump(interchange_fields(of)), isa[3:4]
    is_thirteenth = isa.count(separator, 0, 90) == 13 and isa[89:90] == isa[99:100] == separator
    return headers.learn(number, rest, json) if is_thirteenth else json


def _group_json(of: Group | None, headers: Alike) -> bytes:
    """GS in words."""
    if of is None or len(of.gs) < 7:
        return dump(group_fields(of))
    number, rest = of.gs[6], (of.gs[:6], of.gs[7:], of.ordinal)
    known = headers.json(number, rest)
    return headers.learn(number, rest, dump(group_fields(of))) if known is None else known


def _interchange_line(of: Interchange, fields: bytes) -> bytes:
    """`interchange_record` as a line of JSON."""
    if of.faults or of.notes or of.reports or of.strays:
        return dump(interchange_record(of, fields=orjson.Fragment(fields))) + b"\n"
    return PLAIN % (fields, of.groups_count, of.sets_count, of.segments_count, of.end - of.offset)


def _set_line(of: TransactionSet, envelope: bytes, shapes: Shapes) -> bytes:
    """`set_record` as a line of JSON, begun by `envelope`; an order whose shape is known is only filled in."""
    syntax = dump(judged(of.faults)) if of.faults else FAULTLESS
    if (
        len(of.st) > 2
        and of.st[1] == b"850"
        and (
            order := shapes.order(
                of.body, of.interchange.delimiters, lines_count=of.segments_count if of.is_lined else 0
            )
        )
        is not None
    ):
        number = of.st[2].strip()
        return SHAPED % (envelope, number, of.ordinal, of.position, of.segments_count, syntax, order)
    field, reader = CONTENT.get(of.set_type, ("segments", list))
    content = dump(reader(segments(of)))
    return b'%b%b,"syntax":%b,"%b":%b}\n' % (envelope, dump(set_fields(of)), syntax, field.encode(), content)
