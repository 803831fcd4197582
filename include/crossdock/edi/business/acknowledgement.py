"""997, 999 and TA1: what a partner says of what we sent."""

from __future__ import annotations

from crossdock.edi.business.parties import compact, cut

STATUSES = {
    "A": "accepted",
    "E": "accepted_with_errors",
    "P": "partially",
    "R": "rejected",
    "M": "rejected",
    "W": "rejected",
    "X": "rejected",
}
"""AK501, AK901 and TA104 in words; M, W and X reject for reasons of security."""


def status(code: str) -> str:
    """In words; a code nobody knows counts as rejected, never as accepted."""
    return STATUSES.get(code, "rejected")


def read_acknowledgement(segments: list[list[str]]) -> dict:
    """A 997 or 999: the group it answers, the sets of it, what was wrong with each.

    `{"functional_code", "group_control_number", "status", "sets": [{"set_type", "control_number", "status", "errors"}]}`
    """
    answer: dict = {"functional_code": "", "group_control_number": "", "status_code": "", "status": "", "sets": []}
    current: dict | None = None
    for segment in segments:
        name = segment[0].replace("IK", "AK")
        elements = cut(segment, 9)
        if name == "AK1":
            answer.update(functional_code=elements[0], group_control_number=elements[1])
            answer.update(compact(version=elements[2]))
        elif name == "AK2":
            current = {
                "set_type": elements[0],
                "control_number": elements[1],
                "status_code": "",
                "status": "",
                "errors": [],
            }
            answer["sets"].append(current)
        elif name in ("AK3", "AK4", "CTX") and current is not None:
            current["errors"].append(_error(name, elements, segment))
        elif name == "AK5" and current is not None:
            current.update(status_code=elements[0], status=status(elements[0]), codes=[e for e in elements[1:6] if e])
        elif name == "AK9":
            answer.update(status_code=elements[0], status=status(elements[0]), codes=[e for e in elements[4:9] if e])
            answer.update(compact(included=elements[1], received=elements[2], accepted=elements[3]))
        elif name not in ("ST", "SE"):
            answer.setdefault("others", []).append(segment)
    return answer


def _error(name: str, elements: list[str], segment: list[str]) -> dict:
    if name == "AK3":
        return compact(
            segment=elements[0], position=elements[1], loop=elements[2], codes=[e for e in elements[3:8] if e]
        )
    if name == "AK4":
        return compact(element=elements[0], reference=elements[1], code=elements[2], value=elements[3])
    return {"context": segment[1:]}


def read_report(segment: list[str]) -> dict:
    """A TA1: which interchange of ours, what became of it, why."""
    number, day, time, code, note = cut(segment, 5)
    return {
        "interchange_control_number": number, "interchange_date": day, "interchange_time": time,
        "status_code": code, "status": status(code), "note_code": note,
    }  # fmt: skip
