"""A file's verdicts and answers without a database: what `crossdock edi check` and `edi acknowledge` print."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crossdock.edi import answers
from crossdock.edi.documents import Document, JudgedSet, documents
from crossdock.edi.records import interchange_record, outside_record, set_record
from crossdock.edi.x12.model import Group, Outside
from crossdock.edi.x12.write import interchange

COLUMNS = ("interchange", "group", "set", "envelope", "syntax", "business", "answers", "reason")


def verdicts(content: bytes) -> list[dict[str, str]]:
    """A row for each interchange and each of its sets, and for bytes that belong to none; every value is text."""
    rows = []
    for document in documents(content):
        if isinstance(document, Outside):
            rows.append(_row(envelope="rejected", reason=outside_record(document)["fault"]))
            continue
        record = interchange_record(document.interchange, document)
        number = document.interchange.control_number
        faults = record["envelope"]["faults"] + [fault for group in record["groups"] for fault in group["faults"]]
        rows.append(
            _row(
                interchange=number,
                envelope=document.verdict,
                answers="TA1 " + " ".join(answers.ta1(record)[4:]) if answers.wants_ta1(record, "always") else "",
                reason="; ".join(f"{f['segment']}{f['element']:02d}: {f['reason']}" for f in faults),
            )
        )
        rows += [_of_set(judged, number) for judged in document.sets]
    return rows


def _row(**given: str) -> dict[str, str]:
    return {name: given.get(name, "") for name in COLUMNS}


def _of_set(judged: JudgedSet, number: str) -> dict[str, str]:
    record = set_record(judged.set, judged)
    group = judged.set.group
    return _row(
        interchange=number,
        group=f"{group.element(1)} {group.control_number}" if group else "",
        set=f"{judged.set.set_type} {judged.set.control_number}",
        envelope=record["envelope"]["verdict"],
        syntax=record["syntax"]["verdict"],
        business=business_verdict(record),
        answers=_answers(record, group),
        reason="; ".join(_reasons(record.get("fault", ""), judged)),
    )


def _reasons(first: str, judged: JudgedSet) -> list[str]:
    """The fault that decides, then the set's own, five at most."""
    said = list(dict.fromkeys([first, *map(str, judged.faults)] if first else map(str, judged.faults)))
    return said if len(said) <= 5 else [*said[:4], f"and {len(said) - 4} more"]


def business_verdict(record: dict) -> str:
    """Of a set: `not asked` where envelope or syntax have rejected it already."""
    return record["business"]["verdict"] if answers.is_accepted(record) else "not asked"


def _answers(record: dict, group: Group | None) -> str:
    if record["envelope"]["verdict"] == "rejected" or group is None or group.element(1) == answers.FUNCTIONAL:
        return ""
    said = "997 " + ("A" if record["syntax"]["verdict"] == "accepted" else "E")
    if not answers.is_accepted(record):
        return "997 R"
    if record["set"]["type"] == "850":
        said += " · 855 " + ("RD" if record["business"]["verdict"] == "rejected" else "AD")
    return said


def answers_to(content: bytes, number: int, at: datetime) -> Iterator[bytes]:
    """The interchanges that answer a file, with control numbers from `number` on."""
    for document in documents(content):
        if isinstance(document, Document):
            record = interchange_record(document.interchange, document)
            for kind, group, functional_code, body in _owed(document, record, at):
                envelope = answers.envelope_back(record, number, at, group)
                is_loose = kind == "TA1"
                yield interchange(
                    envelope, functional_code, () if is_loose else [(kind, body)], body if is_loose else ()
                )
                number += 1


def _owed(document: Document, record: dict, at: datetime) -> Iterator[tuple[str, dict | None, str, list[list[str]]]]:
    """(document type, group that is answered, functional code, segments)."""
    if answers.wants_ta1(record, "always"):
        yield "TA1", None, "", [answers.ta1(record)]
    for group, listed in zip(document.groups, record["groups"], strict=True):
        sets = [set_record(judged.set, judged) for judged in document.of_group(group)]
        if answers.wants_997(record, listed):
            yield "997", listed, answers.FUNCTIONAL, answers.functional_997(listed, sets)
        for each in sets:
            if each["set"]["type"] == "850" and answers.is_accepted(each) and each["order"]["po_number"]:
                is_refused = each["business"]["verdict"] == "rejected"
                yield "855", listed, "PR", answers.response_855(each, (), day=f"{at:%Y%m%d}", is_refused=is_refused)
