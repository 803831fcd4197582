"""How far a poll has come: overlap, slow commits, clocks that differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossdock.connectors import cursor

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_first_poll_asks_for_everything():
    assert cursor.start({}, 120) is None


def test_a_poll_asks_again_for_the_overlap():
    assert cursor.start({"through": NOON.isoformat()}, 120) == NOON - 2 * MINUTE


def test_a_window_starts_exactly_where_it_is_told():
    assert cursor.start({"from": NOON.isoformat()}, 120) == NOON


def test_the_cursor_follows_the_newest_change():
    after = cursor.after({}, NOON + 9 * MINUTE, [NOON, NOON - MINUTE, None])
    assert after == {"through": NOON.isoformat()}


def test_a_change_stamped_in_the_future_does_not_carry_the_cursor_beyond_the_sources_clock():
    assert cursor.after({}, NOON, [NOON + 60 * MINUTE]) == {"through": NOON.isoformat()}


def test_a_poll_that_saw_nothing_moves_nothing():
    assert cursor.after({}, NOON, []) == {}
    assert cursor.after({"through": NOON.isoformat()}, NOON + MINUTE, []) == {"through": NOON.isoformat()}


def test_the_cursor_never_goes_back_for_an_old_object():
    before = {"through": NOON.isoformat()}
    assert cursor.after(before, NOON + MINUTE, [NOON - 60 * MINUTE]) == before
