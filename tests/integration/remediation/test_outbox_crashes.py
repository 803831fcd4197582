"""Kill -9 of the sender at every point of a call: never two effects, never a lost action."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acting_rig import AT_ONCE, making, setting
from crossdock.remediation.outbox import Effort, Sent, send_ready

TESTS = Path(__file__).parents[2]
SENDER = """
import sys
from crossdock.db.connect import connect
from crossdock.remediation.outbox import Effort, send_ready
from ledger import Ledger

dsn, path, lease = sys.argv[1:]
ledger = Ledger(path)
effort = Effort(first_wait=0, longest_wait=0, lease=float(lease))
print(send_ready(lambda: connect("sender", conninfo=dsn), 100, lambda _: ledger, effort=effort, workers=1))
"""


def sender(acting, *, lease: float = 0) -> subprocess.Popen:
    """The outbox in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SENDER, acting.dsn["app"], str(acting.path), str(lease)],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )


def killed(acting, fault: str, command: str = "set") -> None:
    """A sender that dies at this point: by itself where it says kill, by our hand where it hangs."""
    acting.ledger.order(command, fault)
    process = sender(acting)
    if fault.startswith("hang"):
        assert acting.ledger.waits(fault.replace("hang", "hangs"))
        process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def until_free(acting) -> None:
    """Wait until Postgres has noticed that the sender's session is gone."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not acting.row("select count(*) from pg_locks where locktype = 'advisory'")[0]:
            return
        time.sleep(0.02)
    raise AssertionError("the dead sender's lock is still held")


@pytest.mark.parametrize("fault", ["kill before", "hang before", "kill after", "hang after"])
@pytest.mark.parametrize("needs_reply", [True, False])
def test_a_killed_sender_loses_nothing_and_doubles_nothing(acting, fault, needs_reply):
    """Killed before, during or after the effect: the next run finishes it, under the same key, with one effect."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1, undo=needs_reply), setting("y", 2, step=2)])
    killed(acting, fault)
    assert acting.states(case_id) == ["sent", "approved"]
    assert acting.ledger.value("x") == (1 if fault.endswith("after") else None)
    until_free(acting)
    done = acting.send()
    assert (done.acknowledged, done.refused, done.dead) == (2, 0, 0)
    assert acting.ledger.effects() == [("set", "x"), ("set", "y")]
    assert acting.ledger.overlapping() == 0
    assert acting.states(case_id) == ["acknowledged", "acknowledged"]
    assert acting.state(case_id) == "verifying"


def test_what_is_found_by_reading_is_not_sent_again(acting):
    """The effect is there and nothing needs the reply: one call, and the history says how it was settled."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1, undo=False)])
    killed(acting, "kill after")
    until_free(acting)
    acting.send()
    assert acting.ledger.calls("set") == 1
    how = acting.row("select reason from ops.case_events where event = 'acknowledged'")[0]
    assert how == "found by reading"


def test_a_reply_that_is_needed_is_fetched_by_the_same_call(acting):
    """Only the answer says which id was made: the call is repeated under its key, and later steps have the id."""
    case_id = acting.case()
    acting.decide(case_id, [making("d1"), setting("x", 1, step=2)])
    killed(acting, "kill after", "make")
    until_free(acting)
    acting.send()
    assert acting.ledger.calls("make") == 2
    assert acting.ledger.effects() == [("make", "made-d1"), ("set", "x")]
    reply = acting.row("select reply from ops.actions where case_id = %s and step = 1", case_id)[0]
    assert reply == {"made": "made-d1"}


def test_killed_while_taking_back(acting):
    """The undoing is found half done and finished; the repair is none of it in the end."""
    acting.ledger.put("x", "was x")
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1), making("d1", step=2)])
    acting.send(1)
    acting.ledger.order("make", "no")
    killed(acting, "kill after")
    assert acting.states(case_id) == ["compensating", "failed", "sent"]
    until_free(acting)
    acting.send()
    assert acting.ledger.value("x") == "was x"
    assert acting.states(case_id) == ["compensated", "failed", "acknowledged"]
    assert acting.state(case_id) == "reopened"


def test_killed_again_and_again_it_is_dead_in_the_end(acting):
    """An action that kills every sender ends before people, not in a circle."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)])
    for _ in range(2):
        killed(acting, "kill before")
        until_free(acting)
    effort = Effort(tries=2, first_wait=0, longest_wait=0, lease=0)
    assert acting.send(effort=effort).dead == 1
    assert acting.next(case_id)[0] == "warehouse"


def test_a_living_sender_is_not_taken_over_however_long_it_takes(acting):
    """Its lease is over, but it lives: nobody sends beside it."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)])
    acting.ledger.order("set", "slow before")
    process = sender(acting, lease=0.01)
    until = time.monotonic() + 30
    while acting.states(case_id) != ["sent"] and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert acting.send() == Sent()
    assert process.wait(60) == 0
    assert acting.ledger.calls("set") == 1
    assert acting.states(case_id) == ["acknowledged"]


def test_a_lease_is_kept_although_the_session_is_lost(acting):
    """The sender's session is gone, the sender perhaps not: nobody takes over before the lease is out."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)])
    with acting.connect() as connection:
        connection.execute(
            "update ops.actions set state = 'sent', tries = 1, sent_at = clock_timestamp(), "
            "leased_until = clock_timestamp() + interval '1 minute'"
        )
    assert acting.send() == Sent()
    with acting.connect() as connection:
        connection.execute("update ops.actions set leased_until = clock_timestamp()")
    assert acting.send(effort=AT_ONCE) == Sent(sent=1, acknowledged=1)
    assert acting.state(case_id) == "verifying"


def test_an_outcome_that_comes_too_late_is_not_written(acting):
    """Somebody took the action over meanwhile and finished it: the late one leaves everything as it is."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)])
    ledger = acting.ledger

    class Slow:
        def do(self, command, payload, *, idempotency_key):
            reply = ledger.do(command, payload, idempotency_key=idempotency_key)
            with acting.connect() as connection:
                connection.execute(
                    "update ops.actions set leased_until = clock_timestamp() + interval '1 hour', tries = tries + 1"
                )
            return reply

    assert send_ready(acting.connect, 1, lambda _: Slow(), effort=AT_ONCE, workers=1) == Sent(sent=1)
    assert acting.states(case_id) == ["sent"]
