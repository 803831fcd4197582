"""Findings against truth: which detections are right, which expectations were found, and how fast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

WALL_GRACE = {"partner_unavailable": timedelta(minutes=5)}
"""Codes whose grace runs on the wall clock, since calls fail on it: what was mended sooner need not be found."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One row of ops.detections; `subject` is its order, or the partner it is about."""

    detection_id: int
    code: str
    subject: str
    detected_at: datetime
    detected_as_of: datetime
    cleared_as_of: datetime | None
    evidence: dict


@dataclass(frozen=True, slots=True)
class Expected:
    """One row of truth.expectations."""

    expectation_id: int
    kind: str
    code: str
    subject: str
    via: str
    from_at: datetime
    until_at: datetime | None
    is_required: bool
    visible_wall_at: datetime | None
    gone_wall_at: datetime | None
    evidence: str


@dataclass(slots=True)
class CodeScore:
    """What became of one exception code."""

    code: str
    expected: int = 0  # expectations that had to be found by now
    found: int = 0
    detections: int = 0
    right: int = 0
    pending: int = 0  # become due within the settling time
    brief: int = 0  # over before anybody had to see them, and not seen
    uncleared: int = 0  # detections still open although what they found is over

    @property
    def precision(self) -> float | None:
        """Share of the detections that are right; None where there are none."""
        return self.right / self.detections if self.detections else None

    @property
    def recall(self) -> float | None:
        """Share of what had to be found that was found; None where nothing had to be."""
        return self.found / self.expected if self.expected else None


@dataclass(slots=True)
class Comparison:
    """All codes, the delays from visible to detected by way of knowing (wall seconds), and what is wrong."""

    codes: dict[str, CodeScore]
    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    delays_by_code: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    false_positives: list[tuple[Detection, str]] = field(default_factory=list)  # and the fault or look-alike there
    misses: list[Expected] = field(default_factory=list)


DETECTIONS = """
select detection_id, exception_code as code,
    coalesce(order_id, thread_id) as subject,
    detected_at, detected_as_of, cleared_as_of, evidence
from ops.detections where detected_at >= %s order by detection_id
"""
EXPECTED = """
select expectation_id, f.kind, exception_code as code, e.subject_id as subject, via, from_at, until_at, is_required,
    visible_wall_at, gone_wall_at, evidence
from truth.expectations as e join truth.faults as f using (fault_id) order by expectation_id
"""


def detections(product: psycopg.Connection, since: datetime) -> list[Detection]:
    """What the product found since `since` (wall clock)."""
    with product.cursor(row_factory=class_row(Detection)) as cursor:
        return cursor.execute(DETECTIONS, [since]).fetchall()


def expected(lab: psycopg.Connection) -> list[Expected]:
    """What there was to find."""
    with lab.cursor(row_factory=class_row(Expected)) as cursor:
        return cursor.execute(EXPECTED).fetchall()


def kinds_by_subject(lab: psycopg.Connection) -> dict[str, str]:
    """The fault or look-alike of each order that has one."""
    return dict(lab.execute("select subject_id, kind from truth.faults").fetchall())


def compare(
    found: Iterable[Detection],
    truth: Iterable[Expected],
    kinds: dict[str, str],
    *,
    wall: datetime,
    settle: timedelta,
    slack: timedelta,
) -> Comparison:
    """Match by code and subject, where the times overlap.

    `settle` (wall clock) is how long the product may take to read and to find. `slack` (lab time) is how far a
    detection may begin before the truth does or go on after it: systems are read one after the other.
    """
    found, truth = list(found), list(truth)
    result = Comparison({code: CodeScore(code) for code in sorted({e.code for e in truth} | {d.code for d in found})})
    by_key: dict[tuple[str, str], list[Detection]] = defaultdict(list)
    for detection in found:
        by_key[detection.code, detection.subject].append(detection)
    matched: dict[int, list[Expected]] = defaultdict(list)
    for each in truth:
        hits = [d for d in by_key[each.code, each.subject] if _overlap(d, each, slack)]
        for hit in hits:
            matched[hit.detection_id].append(each)
        _judge(result, each, hits, wall, settle)
    for detection in found:
        score = result.codes[detection.code]
        score.detections += 1
        reasons = matched.get(detection.detection_id)
        if not reasons:
            result.false_positives.append((detection, kinds.get(detection.subject, "")))
            continue
        score.right += 1
        score.uncleared += detection.cleared_as_of is None and all(_long_gone(e, wall, settle) for e in reasons)
    return result


def _overlap(detection: Detection, each: Expected, slack: timedelta) -> bool:
    begins_in_time = each.until_at is None or detection.detected_as_of <= each.until_at + slack
    return begins_in_time and (detection.cleared_as_of is None or detection.cleared_as_of >= each.from_at - slack)


def _judge(result: Comparison, each: Expected, hits: list[Detection], wall: datetime, settle: timedelta) -> None:
    """Count one expectation: found, missed, not yet due, or too brief to be seen."""
    score = result.codes[each.code]
    if hits:
        if each.visible_wall_at is not None:
            score.expected += 1
            score.found += 1
            delay = max(0.0, (min(d.detected_at for d in hits) - each.visible_wall_at).total_seconds())
            result.delays[each.via].append(delay)
            result.delays_by_code[each.code].append(delay)
        return
    if each.visible_wall_at is None:
        return
    patience = settle + WALL_GRACE.get(each.code, timedelta(0))
    if (each.gone_wall_at or wall) - each.visible_wall_at < patience:
        if each.gone_wall_at:
            score.brief += 1
        else:
            score.pending += 1
    elif each.is_required:
        score.expected += 1
        result.misses.append(each)


def _long_gone(each: Expected, wall: datetime, settle: timedelta) -> bool:
    return each.gone_wall_at is not None and wall - each.gone_wall_at >= settle
