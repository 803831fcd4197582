"""What we answer: TA1 on the envelope, 997 on the syntax, 855 on the business. Pure: from records to segments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from crossdock.edi.syntax.dictionary import reference
from crossdock.edi.verdict import ACCEPTED, CODES, REJECTED, WITH_ERRORS
from crossdock.edi.x12.write import Envelope, clean

FUNCTIONAL = "FA"
"""Groups of acknowledgements: those are never acknowledged, or two systems would answer each other for ever."""
OLD = "004010"
"""Versions before this one write dates without the century."""
DUPLICATE = {"level": "interchange", "code": "025", "segment": "ISA", "position": 1, "element": 13, "value": ""}


def ta1(interchange: dict) -> list[str]:
    """TA1 for an interchange record: the first fatal fault is the note, else the first."""
    envelope, fields = interchange["envelope"], interchange["interchange"]
    faults = envelope["faults"]
    note = next((fault["code"] for fault in faults if fault["is_fatal"]), faults[0]["code"] if faults else "000")
    return ["TA1", fields["control_number"], fields["date"], fields["time"], CODES[envelope["verdict"]], note]


def functional_997(group: dict, sets: Sequence[dict]) -> list[list[str]]:
    """The segments of a 997 for one group, `group` as an interchange record lists it, with the records of its sets."""
    segments = [["AK1", clean(group["functional_code"])[:2], clean(group["control_number"])]]
    for each in sets:
        segments.append(["AK2", clean(each["set"]["type"])[:3], clean(each["set"]["control_number"])])
        segments += _errors(each["syntax"]["faults"])
        codes = [fault["code"] for fault in each["syntax"]["faults"] if fault["level"] == "set"]
        if any(fault["level"] in ("segment", "element") for fault in each["syntax"]["faults"]):
            codes.append("5")
        verdict = REJECTED if group["verdict"] == REJECTED else each["syntax"]["verdict"]
        segments.append(["AK5", CODES[verdict], *list(dict.fromkeys(codes))[:5]])
    accepted = sum(each["syntax"]["verdict"] != REJECTED for each in sets) if group["verdict"] != REJECTED else 0
    stated = group["stated_sets"] if group["stated_sets"].isdigit() else str(len(sets))
    codes = list(dict.fromkeys(fault["code"] for fault in group["faults"]))[:5]
    segments.append(["AK9", CODES[group["verdict"]], stated, str(len(sets)), str(accepted), *codes])
    return segments


def _errors(faults: Sequence[dict]) -> list[list[str]]:
    """AK3 and AK4: one AK3 a segment with faults, an AK4 for each of its elements."""
    segments: list[list[str]] = []
    last = None
    for fault in sorted((f for f in faults if f["level"] in ("segment", "element")), key=lambda f: f["position"]):
        place = (fault["segment"], fault["position"])
        if fault["level"] == "segment":
            segments.append(["AK3", clean(fault["segment"])[:3], str(fault["position"]), "", fault["code"]])
            last = None
            continue
        if place != last:
            segments.append(["AK3", clean(fault["segment"])[:3], str(fault["position"]), "", "8"])
            last = place
        number = reference(fault["segment"], fault["element"])
        segments.append(["AK4", str(fault["element"]), number, fault["code"], clean(fault["value"])[:99].strip()])
    return segments


def response_855(
    record: dict, refused: Collection[int], *, day: str, is_refused: bool = False, replaces: bool = False
) -> list[list[str]]:
    """The segments of an 855 for the record of an 850.

    `refused` are the ordinals (from 1) of the lines that we cannot take; `is_refused` refuses the order as a whole.
    `day` is CCYYMMDD, ours. An answer that replaces an earlier one says so (BAK01 = 05).
    """
    order = record["order"]
    lines = order["lines"]
    refused = set(range(1, len(lines) + 1)) if is_refused else set(refused)
    status = "RD" if len(refused) == len(lines) else ("AC" if refused else "AD")
    is_old = ((record["group"] or {}).get("version") or OLD) < OLD  # dates had six digits then
    ordered, today = (order.get("order_date") or day).replace("-", ""), day
    if is_old:
        ordered, today = ordered[2:], today[2:]
    purpose = "05" if replaces else "00"
    segments = [["BAK", purpose, status, clean(order["po_number"])[:22], ordered, "", "", "", "", today]]
    for ordinal, line in enumerate(lines, 1):
        segments.append(_line(line))
        quantity = clean(line["quantity"])
        segments.append(
            ["ACK", "IR" if ordinal in refused else "IA", quantity, clean(line["uom"])] if quantity else ["ACK", "IR"]
        )
    return [*segments, ["CTT", str(len(lines))]]


def _line(line: dict) -> list[str]:
    """PO1 as they wrote it."""
    ids = [clean(part) for qualifier, value in line["ids"].items() for part in (qualifier.split("#")[0], value)]
    named = ("line_number", "quantity", "uom", "unit_price", "price_basis")
    return ["PO1", *(clean(line[name]) for name in named), *ids]


def wants_ta1(record: dict, policy: str) -> bool:
    """Whether an interchange is answered by a TA1. One that brings nothing but TA1s never is."""
    if policy == "never" or (not record["groups"] and record["reports"]):
        return False
    requested = record["interchange"].get("wants_ta1") == "1" or record["envelope"]["verdict"] in (
        REJECTED,
        WITH_ERRORS,
    )
    return policy == "always" or requested


def wants_997(record: dict, group: dict) -> bool:
    """Whether a group is answered by a 997: not in a rejected interchange, and not if it holds acknowledgements."""
    return record["envelope"]["verdict"] != REJECTED and group["functional_code"] != FUNCTIONAL


def is_accepted(record: dict) -> bool:
    """Whether a set passed envelope and syntax, so that the business has the word."""
    return record["syntax"]["verdict"] in (ACCEPTED, WITH_ERRORS) and record.get("fault_place", {}).get("level") in (
        None,
        "business",
    )


def envelope_back(record: dict, number: int, at: datetime, group: dict | None = None) -> Envelope:
    """The envelope of an answer to this record: their receiver is our sender; version and usage are theirs.

    `group` is what is answered, where it is not the record's own."""
    of, group = record["interchange"], group or record.get("group")
    sender, receiver = of["receiver"], of["sender"]
    return Envelope(
        sender=(of["receiver_qualifier"], sender),
        receiver=(of["sender_qualifier"], receiver),
        group_sender=group["receiver"] if group else sender,
        group_receiver=group["sender"] if group else receiver,
        control_number=number,
        at=at,
        version=of["version"] if of["version"].isdigit() and len(of["version"]) == 5 else "00401",
        group_version=group["version"] if group and group["version"][:6].isdigit() else "004010",
        usage=of.get("usage") if of.get("usage") in ("P", "T") else "P",
    )
