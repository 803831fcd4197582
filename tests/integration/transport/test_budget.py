"""The gate in Postgres: many workers, one budget, one circuit."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from crossdock.core.errors import Misconfigured, Throttled
from crossdock.transport.budget import DatabaseGate, Limits
from crossdock.transport.gate import CircuitOpen


@pytest.fixture
def gate(database):
    made = []

    def make(**limits):
        sleep = limits.pop("sleep", time.sleep)
        made.append(DatabaseGate(database["app"], "shop-main", limits=Limits(**limits), sleep=sleep))
        return made[-1]

    yield make
    for each in made:
        each.close()


def row(app: psycopg.Connection) -> dict:
    cursor = app.execute("select * from ops.endpoints where endpoint = 'shop-main'")
    found = dict(zip([c.name for c in cursor.description], cursor.fetchone(), strict=True))
    app.rollback()
    return found


def test_workers_together_never_exceed_the_rate(gate):
    """Six workers call as fast as they may: in no second more calls than the burst and one second's refill."""
    capacity, rate = 10, 40
    entered: list[float] = []

    def work():
        own = gate(capacity=capacity, refill_per_second=rate)
        for _ in range(20):
            own.enter()
            entered.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(entered) == 120
    entered.sort()
    allowance = 2  # a sleep may end late, and the next one then seems early
    for width in (0.25, 0.5, 1.0, 2.0):
        most = max(sum(1 for t in entered if start <= t < start + width) for start in entered)
        assert most <= capacity + rate * width + allowance
    assert entered[-1] - entered[0] >= (120 - capacity - allowance) / rate


def test_the_bucket_survives_a_new_worker_and_fills_with_time(gate, app):
    slept: list[float] = []
    first = gate(capacity=2, refill_per_second=0.5, sleep=slept.append)
    first.enter()
    first.enter()
    second = gate(capacity=2, refill_per_second=0.5, sleep=slept.append)
    second.enter()
    assert len(slept) == 1
    assert 1.5 < slept[0] <= 2.0
    assert -1.01 < row(app)["tokens"] < 0


def test_a_wait_beyond_patience_is_refused_and_costs_no_token(gate, app):
    hasty = gate(capacity=1, refill_per_second=0.1, patience=1)
    hasty.enter()
    before = row(app)["tokens"]
    with pytest.raises(Throttled) as caught:
        hasty.enter()
    assert 8 < caught.value.retry_after <= 10
    assert row(app)["tokens"] == before


def test_limits_that_are_changed_hold_at_once_and_keep_the_state(gate, app):
    gate(capacity=5, refill_per_second=1).throttled(30)
    gate(capacity=9, refill_per_second=3, patience=60, sleep=lambda s: None).enter()
    found = row(app)
    assert (found["capacity"], found["refill_per_second"], found["throttled_count"]) == (9, 3, 1)


def test_a_throttled_worker_keeps_every_other_worker_back(gate, app):
    gate(patience=1).throttled(30)
    with pytest.raises(Throttled) as caught:
        gate(patience=1).enter()
    assert 28 < caught.value.retry_after <= 30
    slept: list[float] = []
    gate(patience=60, sleep=slept.append).enter()
    assert 28 < slept[0] <= 30
    found = row(app)
    assert found["throttled_count"] == 1
    assert found["last_throttled_at"]
    assert found["circuit"] == "closed"


def test_a_shorter_pause_does_not_shorten_a_longer_one(gate, app):
    one = gate()
    one.throttled(60)
    until = row(app)["blocked_until"]
    one.throttled(1)
    assert row(app)["blocked_until"] == until


def test_failures_in_a_row_open_the_circuit_for_everybody(gate, app):
    one = gate(threshold=3)
    for number in range(3):
        one.enter()
        one.failed(f"answered 500, number {number}")
    with pytest.raises(CircuitOpen, match="number 2"):
        gate(threshold=3).enter()
    found = row(app)
    assert (found["circuit"], found["failures_count"]) == ("open", 3)
    assert found["last_failure_at"]
    assert found["opened_at"]


def test_a_success_between_failures_counts_them_anew(gate, app):
    one = gate(threshold=3)
    for _ in range(3):
        one.failed("x")
        one.failed("x")
        one.succeeded()
    found = row(app)
    assert (found["circuit"], found["failures_count"]) == ("closed", 0)
    assert found["last_success_at"]


def test_after_the_cool_down_one_probe_goes_and_its_success_closes_the_circuit(gate, app):
    workers = [gate(threshold=1, cool_down=0.3) for _ in range(4)]
    workers[0].failed("down")
    time.sleep(0.35)
    admitted = []
    for worker in workers:
        try:
            worker.enter()
            admitted.append(worker)
        except CircuitOpen:
            pass
    assert len(admitted) == 1
    assert row(app)["circuit"] == "half_open"
    admitted[0].succeeded()
    workers[2].enter()
    assert row(app)["circuit"] == "closed"


def test_a_probe_that_fails_opens_the_circuit_again_and_a_lost_probe_is_replaced(gate, app):
    one = gate(threshold=1, cool_down=0.2)
    one.failed("down")
    time.sleep(0.25)
    one.enter()
    one.failed("still down")
    with pytest.raises(CircuitOpen, match="still down"):
        one.enter()
    time.sleep(0.25)
    one.enter()  # this probe dies without a word
    time.sleep(0.25)
    gate(threshold=1, cool_down=0.2).enter()
    assert row(app)["circuit"] == "half_open"


def test_the_gate_waits_for_nobodys_transaction(gate, app):
    """A worker in the middle of a long transaction has its own connection: the row is free."""
    app.execute("select 1")
    one = gate()
    one.enter()
    app.execute("set local statement_timeout = 500")
    assert app.execute("select tokens from ops.endpoints for update").fetchone()
    app.rollback()


def test_a_gate_opens_its_connection_again_after_a_restart(gate):
    one = gate()
    one.enter()
    one._connection.close()
    one.enter()


@pytest.mark.parametrize("limits", [{"burst": 3}, {"capacity": 0}, {"capacity": "many"}])
def test_limits_that_are_none_are_misconfigured(limits):
    with pytest.raises(Misconfigured, match="limits"):
        Limits.of({"limits": limits})
