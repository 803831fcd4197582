"""What became of what was found: cases, repairs and approvals, against the truth and the lab's own record of writes."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.rows import class_row

from crossdock_lab.scorecard.findings import Expected
from crossdock_lab.world.choose import KINDS

SQL = Path(__file__).parent / "sql"
FACTS = {"delivered_late", "status_out_of_sequence", "cancelled_after_shipping", "carrier_handover_late"}
"""Codes that stay true once they are: a case about one ends when the customer has been told, not when it is gone."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the product; `subject` is its order, `codes` those of all its symptoms."""

    case_id: int
    code: str
    subject: str
    state: str
    close_reason: str | None
    playbook: str | None
    opened_at: datetime
    resolved_at: datetime | None
    resolved_as_of: datetime | None
    touched_by_person: bool
    codes: list[str] | None

    @property
    def is_verified(self) -> bool:
        return self.state == "resolved" or self.close_reason == "resolved"


@dataclass(frozen=True, slots=True)
class Fault:
    """One real fault of the truth; `visible_at` is when it could first be known (wall clock)."""

    fault_id: str
    kind: str
    subject: str
    is_repaired: bool
    repaired_by: str | None
    visible_at: datetime


@dataclass(slots=True)
class Repairs:
    """The second half of the card. Delays are wall seconds; the lists name what is bad."""

    states: Counter[str] = field(default_factory=Counter)
    fault_to_case: list[float] = field(default_factory=list)
    case_to_verified: list[float] = field(default_factory=list)
    repairable: int = 0
    alone: int = 0  # resolved and verified without a person
    unrepaired: list[str] = field(default_factory=list)
    without_case: list[str] = field(default_factory=list)
    wrong_repairs: list[str] = field(default_factory=list)
    duplicate_effects: list[str] = field(default_factory=list)
    closed_disagreeing: list[str] = field(default_factory=list)
    bypassed: list[str] = field(default_factory=list)
    regret: Decimal = Decimal(0)  # paid for labels beyond the cheapest that is as quick
    labels: int = 0

    @property
    def share_alone(self) -> float | None:
        """Share of the repairable faults that were mended without a person; None where there are none."""
        return self.alone / self.repairable if self.repairable else None

    def shortcomings(self) -> list[str]:
        """Why it is not good enough."""
        found = []
        if self.repairable >= ENOUGH and self.share_alone < WANTED_SHARE:
            found.append(
                f"{self.alone} of {self.repairable} repairable faults were mended and verified without a person"
            )
        for count, text in (
            (len(self.without_case), "faults have no case"),
            (len(self.wrong_repairs), "repairs did harm"),
            (len(self.duplicate_effects), "effects happened twice"),
            (len(self.closed_disagreeing), "cases were resolved while a system still disagreed"),
            (len(self.bypassed), "holds were released without anybody's approval"),
        ):
            if count:
                found.append(f"{count} {text}")
        return found


WANTED_SHARE = 0.9
ENOUGH = 10
"""Of fewer repairable faults a share says nothing: one that a policy puts before people would be a fifth of five."""


def judge(
    lab: psycopg.Connection,
    product: psycopg.Connection,
    truth: list[Expected],
    *,
    since: datetime,
    wall: datetime,
    settle: timedelta,
    slack: timedelta,
) -> Repairs:
    """Compare cases and writes with the truth. `settle` (wall) is how long a repair may take; `slack` is lab time."""
    found = Repairs()
    cases = _rows(product, "cases", Case, {"since": since})
    faults = _rows(lab, "faults", Fault, {"settle": settle, "known_before": wall - settle})
    by_subject: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_subject[case.subject].append(case)
        found.states[case.close_reason or case.state] += 1
        if case.is_verified and case.resolved_at:
            found.case_to_verified.append((case.resolved_at - case.opened_at).total_seconds())
    for fault in faults:
        _weigh(found, fault, by_subject[fault.subject])
    found.closed_disagreeing = list(_disagreeing(cases, truth, slack))
    _harm(found, lab)
    found.bypassed = _bypassed(lab, product)
    _cost(found, lab)
    return found


def _rows(connection: psycopg.Connection, name: str, kind: type, values: dict) -> list:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute((SQL / f"{name}.sql").read_text(), values).fetchall()


def _weigh(found: Repairs, fault: Fault, cases: list[Case]) -> None:
    """Count one fault: was there a case, and, if it can be mended by a program, was it?"""
    if not cases:
        if fault.repaired_by != "world":  # what mended itself between two looks needs no case
            found.without_case.append(f"{fault.fault_id} ({fault.subject})")
        return
    first = min(case.opened_at for case in cases)
    found.fault_to_case.append(max(0.0, (first - fault.visible_at).total_seconds()))
    vanished = all(case.close_reason == "vanished" for case in cases)
    kind = KINDS.get(fault.kind)  # a fault of an endpoint is not among them
    if kind is None or not kind.is_repairable or vanished:
        return
    found.repairable += 1
    if any(case.is_verified and not case.touched_by_person for case in cases):
        found.alone += 1
    else:
        states = ", ".join(f"case {case.case_id} {case.code} {case.close_reason or case.state}" for case in cases)
        found.unrepaired.append(f"{fault.fault_id} ({fault.subject}): {states}")


def _disagreeing(cases: list[Case], truth: list[Expected], slack: timedelta):
    """Cases that were resolved at a time when the truth says that what they are about was still wrong."""
    by_key: dict[tuple[str, str], list[Expected]] = defaultdict(list)
    for each in truth:
        by_key[each.subject, each.code].append(each)
    for case in cases:
        if case.resolved_as_of is None:
            continue
        for code in set(case.codes or [case.code]) - FACTS:
            for each in by_key[case.subject, code]:
                over = each.until_at is not None and each.until_at <= case.resolved_as_of + slack
                if each.from_at <= case.resolved_as_of and not over:
                    yield f"case {case.case_id} on {case.subject}: {code} was still true"


def _harm(found: Repairs, lab: psycopg.Connection) -> None:
    for kind, number, reason in lab.execute("select kind, number, reason from truth.wrongs order by wrong_id"):
        (found.wrong_repairs if kind == "wrong_repair" else found.duplicate_effects).append(f"{number}: {reason}")


def _bypassed(lab: psycopg.Connection, product: psycopg.Connection) -> list[str]:
    guarded = lab.execute((SQL / "guarded.sql").read_text()).fetchall()
    keys = [key for key, _, _ in guarded]
    approved = {row[0] for row in product.execute((SQL / "approved.sql").read_text(), {"keys": keys})}
    return [f"{number}: {kind}" for key, number, kind in guarded if key not in approved]


def _cost(found: Repairs, lab: psycopg.Connection) -> None:
    for _, paid, least in lab.execute((SQL / "labels.sql").read_text()):
        found.labels += 1
        found.regret += paid - least


def as_json(found: Repairs, delays) -> dict:
    """For machines. `delays` turns seconds into {count, p50, p95, p99}."""
    return {
        "cases": dict(found.states),
        "fault_to_case_seconds": delays(found.fault_to_case),
        "case_to_verified_seconds": delays(found.case_to_verified),
        "repairable": found.repairable,
        "repaired_without_a_person": found.alone,
        "share_without_a_person": found.share_alone,
        "unrepaired": found.unrepaired,
        "faults_without_case": found.without_case,
        "wrong_repairs": found.wrong_repairs,
        "duplicate_effects": found.duplicate_effects,
        "closed_while_disagreeing": found.closed_disagreeing,
        "approvals_bypassed": found.bypassed,
        "regret": {"labels": found.labels, "paid_beyond_the_best": str(found.regret)},
    }
