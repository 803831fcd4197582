"""What can be told: the closed vocabulary of alert events, each with its kind and whether it can become moot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """`is_standing`: it describes something that lasts, so it need not be told once that has gone."""

    kind: str
    is_standing: bool
    sentence: str


EVENTS = {
    "case_opened": Event("business", True, "An exception was found and a case opened."),
    "case_reopened": Event("business", True, "A repair failed or did not hold, or a person wants another look."),
    "approval_waiting": Event("business", True, "A repair waits for a person to agree."),
    "approval_expiring": Event("business", True, "An approval is about to expire unanswered."),
    "sla_at_risk": Event("business", True, "A case is near its deadline."),
    "sla_passed": Event("business", True, "A case has missed its deadline."),
    "case_assigned": Event("business", True, "A case was given to a person."),
    "action_dead": Event("business", False, "A command was given up: a person must look."),
    "case_resolved": Event("business", False, "A repair was verified by reading the systems again."),
    "circuit_open": Event("technical", True, "An endpoint failed so often that nobody calls it."),
    "feed_stalled": Event("technical", True, "A feed has not been read for far longer than its interval."),
    "quarantine_growing": Event("technical", False, "Many records break the same rule."),
    "lane_lag": Event("technical", True, "Records wait for the fast lane."),
    "lane_drift": Event("technical", False, "A full rebuild differed from what the lanes had made."),
    "process_dead": Event("technical", True, "A process of ours has no session in the database."),
    "recovery_missed": Event(
        "technical", True, "A type of event is older, or interrupted for longer, than its objective."
    ),
    "outbox_stuck": Event("technical", True, "A command was sent and nobody settled its outcome."),
}
HEAD = "chain_head"
"""Planned once a day for a route that carries the head of the audit chain; goes out even when nothing happened."""


def of_kind(kind: str) -> list[str]:
    """Every event of a kind."""
    return [name for name, event in EVENTS.items() if event.kind == kind]


def standing(kind: str) -> list[str]:
    """The events of a kind that can become moot."""
    return [name for name, event in EVENTS.items() if event.kind == kind and event.is_standing]
