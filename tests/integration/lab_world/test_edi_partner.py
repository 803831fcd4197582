"""The EDI partner answers our 855: in time, late, with a no, or never; and the truth knows which."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock_lab.clock import Clock
from crossdock_lab.world import choose, engine
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from lab_rows import SENT

HOUR = timedelta(hours=1)


def world_with(lab, kind: str) -> tuple[engine.World, str]:
    """A world in which every EDI order has this one fault, a day old; and the number of one such order."""
    alike = float(KINDS[kind].is_lookalike)
    config = WorldConfig(seed=4, orders_per_day=30, fault_share=1 - alike, lookalike_share=alike, kinds=(kind,), days=1)
    world = engine.create(lab, config)
    world.advance(config.starts_at + 24 * HOUR)
    plans = (choose.plan_of(config, choose.number_of(0, index)) for index in range(30))
    return world, next(plan.order.number for plan in plans if plan.fault == kind)


def answer(lab, world: engine.World, number: str) -> None:
    """Our 855 arrives, twice as a retry would have it, and the partner reads its mail."""
    for _ in range(2):
        lab.execute(
            """insert into lab.writes (system, method, path, content, received_at, outcome)
               values ('x12', 'PUT', 'inbound/855.edi', %s, %s, '200 received')""",
            [SENT.format(po=f"PO{number}").encode(), Clock(lab).now()],
        )
    world.advance(world.now + HOUR)


@pytest.mark.parametrize(
    ("kind", "code", "verdict", "hours"),
    [
        ("ack_late", "edi_ack_overdue", "A", (28, 40)),
        ("ack_rejected", "edi_ack_rejected", "R", (0, 24)),
        ("ack_just_in_time", None, "A", (20, 22)),
        ("ack_with_errors", None, "E", (0, 24)),
    ],
)
def test_a_997_comes_when_and_as_planned(lab, kind, code, verdict, hours):
    world, number = world_with(lab, kind)
    sent_at = Clock(lab).now()
    answer(lab, world, number)
    content, due_at = lab.execute(
        "select content, due_at from lab.files where path like %s order by path", [f"%997_{number}_%"]
    ).fetchone()
    assert f"AK9*{verdict}*1*1*" in bytes(content).decode()
    assert "AK1*PR*31~" in bytes(content).decode()
    assert hours[0] * HOUR <= due_at - sent_at <= hours[1] * HOUR
    expected = lab.execute(
        "select exception_code from truth.expectations where fault_id = %s", [f"{number}/{kind}"]
    ).fetchall()
    assert expected == ([(code,)] if code else [])


def test_a_997_that_never_comes_is_overdue_for_good(lab):
    world, number = world_with(lab, "ack_missing")
    answer(lab, world, number)
    assert lab.execute("select count(*) from lab.files where path like '%997_%'").fetchone() == (0,)
    code, until = lab.execute(
        "select exception_code, until_at from truth.expectations where fault_id = %s", [f"{number}/ack_missing"]
    ).fetchone()
    assert (code, until) == ("edi_ack_overdue", None)


def test_what_it_cannot_read_is_put_aside(lab):
    """A 997 of ours, and rubbish, are taken note of and answered by nothing."""
    world, _ = world_with(lab, "ack_late")
    lab.execute(
        """insert into lab.writes (system, method, path, content, received_at, outcome)
           values ('x12', 'PUT', 'inbound/x', 'rubbish', %s, '200 received')""",
        [Clock(lab).now()],
    )
    world.advance(world.now + HOUR)
    assert lab.execute("select count(*) from lab.writes where answered_at is null").fetchone() == (0,)
