"""What a decision hands to the outbox: the steps of one attempt, in order, whole before the first is sent."""

from __future__ import annotations

from dataclasses import dataclass

REPLY = "$reply"
"""`{"$reply": {"step": 2, "path": "delivery"}}` stands for a value out of what step 2 of the attempt answered."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One command to one partner, as ops.actions keeps it; steps are numbered from 1 in the order given.

    `payload`, `compensation["payload"]` and `target` may hold references to replies (see `REPLY`): of earlier steps,
    and, in compensation and target, of the step itself, since both are read after it has answered.
    """

    command: str
    """`<system_type>.<command>`, one that the connector declares."""
    partner_id: str
    payload: dict
    target: list[dict]
    """What must be true afterwards: `[{partner_id, kind, id, expect: {JMESPath: value}}]`."""
    compensation: dict | None
    """`{command, payload}` that takes it back, at the same partner; None: nothing to take back."""


def reply_of(step: int, path: str) -> dict:
    """A reference to `path` (JMESPath) in what step `step` answered."""
    return {REPLY: {"step": step, "path": path}}
