"""The scorecard: one object with everything, its JSON, and whether it is good enough to require."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock_lab.clock import Clock, Reading
from crossdock_lab.scorecard.findings import CodeScore, Comparison, compare, detections, expected, kinds_by_subject
from crossdock_lab.scorecard.losses import FeedLoss, losses
from crossdock_lab.scorecard.repairs import Repairs, judge
from crossdock_lab.scorecard.repairs import as_json as repairs_as_json


@dataclass(slots=True)
class Card:
    """What was found, against what there was to find."""

    clock: Reading
    comparison: Comparison
    losses: list[FeedLoss]
    faults: int
    lookalikes: int
    orders: int
    repeated_effects: int  # writes that took effect twice under one idempotency key
    repairs: Repairs

    @property
    def total(self) -> CodeScore:
        """All codes together."""
        total = CodeScore("all")
        for score in self.comparison.codes.values():
            for name in ("expected", "found", "detections", "right", "pending", "brief", "uncleared"):
                setattr(total, name, getattr(total, name) + getattr(score, name))
        return total

    @property
    def lost(self) -> int:
        return sum(each.lost for each in self.losses)

    def shortcomings(self) -> list[str]:
        """Why it is not good enough; empty when everything was found, nothing else was, and nothing was lost."""
        total = self.total
        found = []
        if not total.expected:
            found.append("nothing had to be found yet: the world has shown no fault, or the product has not run")
        if total.right < total.detections:
            found.append(f"{total.detections - total.right} of {total.detections} detections are false")
        if total.found < total.expected:
            found.append(f"{total.expected - total.found} of {total.expected} expectations were missed")
        if self.lost:
            found.append(f"{self.lost} source objects are lost or unaccounted for")
        if self.repeated_effects:
            found.append(f"{self.repeated_effects} writes took effect twice under one idempotency key")
        return found + self.repairs.shortcomings()


FAULTS = """
select count(*) filter (where not is_lookalike and injected_by <> 'outside'), count(*) filter (where is_lookalike)
from truth.faults
"""


def audit_dsn() -> str:
    """The product's database, to read: CROSSDOCK_AUDIT_DSN, else CROSSDOCK_DSN."""
    found = os.environ.get("CROSSDOCK_AUDIT_DSN") or settings().dsn
    if not found:
        raise Misconfigured(
            "neither CROSSDOCK_AUDIT_DSN nor CROSSDOCK_DSN is set", hint="run `eval $(crossdock env)` first"
        )
    return found


def score(lab: psycopg.Connection, product: psycopg.Connection, *, settle: timedelta, slack: timedelta) -> Card:
    """Compare the product with the lab's truth, as of now."""
    clock = Clock(lab).read()
    began = lab.execute("select begun_wall_at from lab.world").fetchone()[0]
    truth, wall = expected(lab), datetime.now(UTC)
    comparison = compare(
        detections(product, began), truth, kinds_by_subject(lab), wall=wall, settle=settle, slack=slack
    )
    return Card(
        clock,
        comparison,
        losses(lab, product, clock.now - settle * clock.speed),
        *lab.execute(FAULTS).fetchone(),
        lab.execute("select count(*) from lab.orders where ordered_at <= %s", [clock.now]).fetchone()[0],
        _repeated(lab),
        judge(lab, product, truth, since=began, wall=wall, settle=settle, slack=slack),
    )  # fmt: skip


def _repeated(lab: psycopg.Connection) -> int:
    """Writes that were carried out although their idempotency key had been before."""
    return lab.execute(
        """select coalesce(sum(count - 1), 0)::int from (
               select count(*) from lab.writes
               where idempotency_key is not null and outcome like '2%' and outcome not like '%repeated%'
               group by system, path, idempotency_key having count(*) > 1) as repeated"""
    ).fetchone()[0]


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that `share` of all do not exceed; None of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -int(-share * len(ranked) // 1) - 1))] if ranked else None


def as_json(card: Card) -> dict:
    """The whole card, for machines."""
    comparison = card.comparison
    return {
        "lab_time": card.clock.now.isoformat(),
        "speed": card.clock.speed,
        "orders": card.orders,
        "faults": card.faults,
        "lookalikes": card.lookalikes,
        "total": _score(card.total),
        "codes": {
            code: _score(each) | _delays(comparison.delays_by_code[code]) for code, each in comparison.codes.items()
        },
        "detection_delay_seconds": {via: _delays(values) for via, values in sorted(comparison.delays.items())},
        "feeds": [asdict(each) | {"lost": each.lost} for each in card.losses],
        "lost": card.lost,
        "repeated_effects": card.repeated_effects,
        "repairs": repairs_as_json(card.repairs, _delays),
        "false_positives": [
            {"code": d.code, "subject": d.subject, "detected_as_of": d.detected_as_of.isoformat(), "fault": kind,
             "evidence": d.evidence}
            for d, kind in comparison.false_positives
        ],
        "misses": [
            {"code": e.code, "subject": e.subject, "fault": e.kind, "from": e.from_at.isoformat(),
             "until": e.until_at and e.until_at.isoformat(), "via": e.via, "evidence": e.evidence}
            for e in comparison.misses
        ],
        "shortcomings": card.shortcomings(),
    }  # fmt: skip


def _score(score: CodeScore) -> dict:
    return asdict(score) | {"precision": score.precision, "recall": score.recall}


def _delays(values: list[float]) -> dict:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {"count": len(values)} | {name: percentile(values, share) for name, share in shares.items()}
