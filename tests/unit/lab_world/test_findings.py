"""The scorecard's comparison, by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossdock_lab.scorecard.card import percentile
from crossdock_lab.scorecard.findings import Detection, Expected, compare

LAB = datetime(2026, 3, 2, tzinfo=UTC)
WALL = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def expected(number=1, *, code="credit_hold", subject="a/order/1", hours=(0, None), visible=0.0, gone=None) -> Expected:
    """Something true from and until these lab hours; visible and gone at these wall seconds."""
    first, last = hours
    return Expected(
        number, "credit_block", code, subject, "poll", LAB + first * HOUR, None if last is None else LAB + last * HOUR,
        True, None if visible is None else WALL + visible * SECOND, None if gone is None else WALL + gone * SECOND, "",
    )  # fmt: skip


def detection(number=1, *, code="credit_hold", subject="a/order/1", hours=(0, None), at=1.0) -> Detection:
    """Something found at this wall second, between these lab hours."""
    first, last = hours
    cleared = None if last is None else LAB + last * HOUR
    return Detection(number, code, subject, WALL + at * SECOND, LAB + first * HOUR, cleared, {})


def judged(found, truth, *, wall=100.0, settle=10.0):
    return compare(found, truth, {}, wall=WALL + wall * SECOND, settle=settle * SECOND, slack=2 * HOUR)


def test_what_was_found_counts_with_its_delay():
    result = judged([detection(at=4)], [expected(visible=1)])
    score = result.codes["credit_hold"]
    assert (score.expected, score.found, score.detections, score.right) == (1, 1, 1, 1)
    assert result.delays == {"poll": [3.0]}


def test_another_order_or_another_code_is_false():
    """A detection without a truth is a false positive; the truth without a detection is a miss."""
    result = judged([detection(subject="a/order/2"), detection(2, code="compliance_hold")], [expected()])
    assert len(result.false_positives) == 2
    assert [miss.subject for miss in result.misses] == ["a/order/1"]


def test_a_detection_long_after_it_was_over_is_false():
    assert judged([detection(hours=(9, None))], [expected(hours=(0, 5), gone=50)]).false_positives


def test_a_detection_a_little_late_or_early_is_right():
    """Systems are read one after the other: two hours of lab time either way are allowed here."""
    early, late = detection(hours=(3, 4)), detection(2, subject="a/order/2", hours=(11, 12))
    truth = [expected(hours=(5, 9)), expected(2, subject="a/order/2", hours=(5, 9))]
    assert not judged([early, late], truth).false_positives


def test_what_only_just_became_visible_is_pending():
    score = judged([], [expected(visible=95)]).codes["credit_hold"]
    assert (score.pending, score.expected) == (1, 0)


def test_what_was_over_before_it_had_to_be_seen_is_brief():
    score = judged([], [expected(hours=(0, 1), visible=5, gone=6)]).codes["credit_hold"]
    assert (score.brief, score.expected) == (1, 0)


def test_what_is_still_to_come_counts_for_nothing():
    score = judged([], [expected(visible=None)]).codes["credit_hold"]
    assert (score.pending, score.brief, score.expected) == (0, 0, 0)


def test_a_detection_left_open_is_noted():
    """Right when it was made, but what it found is long over."""
    score = judged([detection()], [expected(hours=(0, 5), gone=20)]).codes["credit_hold"]
    assert (score.right, score.uncleared) == (1, 1)


def test_percentiles_are_values_that_occurred():
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99)) == (50.0, 95.0, 99.0)
    assert percentile([7.0], 0.5) == 7.0
    assert percentile([], 0.5) is None
