"""The three verdicts on what a partner sent, kept apart: envelope (TA1), syntax (997), business (855 or quarantine)."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.edi.x12.model import Fault

ACCEPTED, WITH_ERRORS, REJECTED = "accepted", "accepted_with_errors", "rejected"
CODES = {ACCEPTED: "A", WITH_ERRORS: "E", "partially": "P", REJECTED: "R"}
"""As TA104, AK501 and AK901 write them."""


def verdict(faults: Iterable[Fault]) -> str:
    """Rejected for a fatal fault, accepted with errors for any other, else accepted."""
    result = ACCEPTED
    for fault in faults:
        if fault.is_fatal:
            return REJECTED
        result = WITH_ERRORS
    return result


def worst(faults: Iterable[Fault]) -> Fault | None:
    """The fault to tell first: the first fatal one, else the first."""
    listed = list(faults)
    return next((fault for fault in listed if fault.is_fatal), listed[0] if listed else None)


def judged(faults: Iterable[Fault]) -> dict:
    """A verdict with its faults, as records carry it."""
    listed = list(faults)
    return {"verdict": verdict(listed), "faults": [fault.as_dict() for fault in listed]}


def group_verdict(own: Iterable[Fault], sets: Iterable[str]) -> str:
    """AK901: rejected by its own fatal faults or when every set is; partially when some are."""
    mine, theirs = verdict(own), set(sets)
    if mine == REJECTED or theirs == {REJECTED}:
        return REJECTED
    if REJECTED in theirs:
        return "partially"
    return WITH_ERRORS if mine == WITH_ERRORS or WITH_ERRORS in theirs else ACCEPTED
