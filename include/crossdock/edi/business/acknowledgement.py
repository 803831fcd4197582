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

    `{"functional_code", "group_control_number", "status", "sets": [{"set_type", "control_number", "status", …}]}`
    """
    answer: dict = {"functional_code": "", "group_control_number": "", "status_code": "", "status": "", "sets": []}
    current: dict | None = None
    for segment in segments:
        name = segment[0].replace("IK", "AK")
        if name == "AK1" and not answer["group_control_number"]:
            functional_code, number, version = cut(segment, 3)
            answer.update(functional_code=functional_code, group_control_number=number)
            answer.update(compact(version=version, group_rest=segment[4:]))
        elif name == "AK2":
            current = _set(segment)
            answer["sets"].append(current)
        elif name in ("AK3", "AK4", "CTX") and current is not None:
            current["errors"].append(_error(name, segment))
        elif name == "AK5" and current is not None and not current["status_code"]:
            code = cut(segment, 1)[0]
            current.update(status_code=code, status=status(code), codes=[e for e in segment[2:] if e])
        elif name == "AK9" and not answer["status_code"]:
            code, included, received, accepted = cut(segment, 4)
            answer.update(status_code=code, status=status(code), codes=[e for e in segment[5:] if e])
            answer.update(compact(included=included, received=received, accepted=accepted))
        elif name not in ("ST", "SE"):
            answer.setdefault("others", []).append(segment)
    return answer


def _set(segment: list[str]) -> dict:
    kind, number = cut(segment, 2)
    return {
        "set_type": kind, "control_number": number, "status_code": "", "status": "", "errors": [],
        **compact(rest=segment[3:]),
    }  # fmt: skip


def _error(name: str, segment: list[str]) -> dict:
    elements = cut(segment, 4)
    if name == "AK3":
        return compact(segment=elements[0], position=elements[1], loop=elements[2], codes=[e for e in segment[4:] if e])
    if name == "AK4":
        return compact(
            element=elements[0], reference=elements[1], code=elements[2], value=elements[3], rest=segment[5:]
        )
    return {"context": segment[1:]}


def read_report(segment: list[str]) -> dict:
    """A TA1: which interchange of ours, what became of it, why."""
    number, day, time, code, note = cut(segment, 5)
    return {
        "interchange_control_number": number, "interchange_date": day, "interchange_time": time,
        "status_code": code, "status": status(code), "note_code": note,
    }  # fmt: skip
