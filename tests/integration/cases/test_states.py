"""The table of states is sound: everything can be reached, and everything comes to an end."""

from __future__ import annotations

import pytest

from crossdock.cases import states
from crossdock.cases.states import Transition

FINAL = {
    "case": {"closed"},
    "action": {"cancelled", "compensated"},
    "approval": {"approved", "rejected", "expired", "withdrawn"},
}


def rows(*arrows: tuple[str, str]) -> list[Transition]:
    return [Transition("x", a, "go", b, "system", "") for a, b in arrows]


@pytest.mark.parametrize("machine", FINAL)
def test_every_state_can_be_reached_and_left(app, machine):
    """What ends, ends on purpose; from everywhere else an end can be reached."""
    found = [row for row in states.transitions(app) if row.machine == machine]
    assert states.unreachable(found) == set()
    assert states.final(found) == FINAL[machine]
    assert states.without_end(found) == set()


def test_every_transition_says_when_it_happens(app):
    """A sentence each, and no state that a table of ours would not take."""
    found = states.transitions(app)
    assert len(found) == app.execute("select count(*) from ref.transitions").fetchone()[0]
    assert [row for row in found if not row.sentence.endswith(".")] == []


def test_what_is_unsound_is_seen():
    """The checks above can fail: an island, and a circle without an end."""
    assert states.unreachable(rows(("", "a"), ("b", "a"))) == {"b"}
    assert states.without_end(rows(("", "a"), ("a", "b"), ("b", "a"), ("", "c"))) == {"a", "b"}
    assert states.final(rows(("", "a"), ("a", "b"))) == {"b"}
