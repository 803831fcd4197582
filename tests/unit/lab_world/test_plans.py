"""Plans: a good life breaks no promise, each fault breaks what it says, each look-alike nothing."""

from __future__ import annotations

from operator import attrgetter

import pytest

from crossdock_lab.truth.oracle import expectations
from crossdock_lab.world import choose, draft, show
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.show import Change

CONFIG = WorldConfig(seed=11)
BY_ANSWER = {"ack_late", "ack_missing", "ack_rejected"}
"""Their truth depends on when our 855 arrives: see the EDI partner's tests."""

SEEDED_FAULTS = [kind for kind in KINDS.values() if not kind.is_lookalike and kind.name not in BY_ANSWER]


def plans_with(kind, among: int = 150):
    """The first orders that can have this fault, with it."""
    for index in range(among):
        plan = draft.plan(CONFIG, 0, index)
        if kind.fits(plan):
            kind.alter(plan, CONFIG.stream("test", kind.name, index))
            yield plan


def test_a_good_life_has_nothing_wrong_in_it():
    """No order without a fault comes near a grace time."""
    assert [e for index in range(1500) for e in expectations(draft.plan(CONFIG, 0, index))] == []


@pytest.mark.parametrize("kind", SEEDED_FAULTS, ids=attrgetter("name"))
def test_a_fault_causes_what_it_says(kind):
    """Every order that has the fault has the exceptions it names."""
    plans = list(plans_with(kind))
    assert plans
    for plan in plans:
        assert set(kind.codes) <= {each.code for each in expectations(plan)}, plan.order.number


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.is_lookalike], ids=attrgetter("name"))
def test_a_look_alike_causes_nothing(kind):
    """No order that has the look-alike has an exception."""
    plans = list(plans_with(kind, among=600))
    assert plans
    for plan in plans:
        assert expectations(plan) == [], plan.order.number


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=attrgetter("name"))
def test_what_happens_is_shown_in_order_and_after_the_order_came_in(kind):
    """Whatever the fault, changes follow each other in time, and none precedes the order."""
    for plan in plans_with(kind, among=60):
        times = [step.at for step in show.changes(plan)]
        assert times == sorted(times)
        assert times[0] >= plan.order.ordered_at


def test_every_exception_code_of_orders_has_a_fault():
    """Twenty codes: nineteen of orders, and the one of endpoints."""
    from crossdock_lab.world.faults import ENDPOINT_KINDS

    codes = {code for kind in (*KINDS.values(), *ENDPOINT_KINDS.values()) for code in kind.codes}
    assert len(codes) == 20


def test_more_orders_a_day_leave_the_others_as_they_are():
    """An order is drawn from its own random numbers, so volume and shares do not reshuffle it."""
    few, many = WorldConfig(seed=5, orders_per_day=50), WorldConfig(seed=5, orders_per_day=5000, lookalike_share=0.2)
    for index in range(50):
        assert draft.plan(few, 3, index) == draft.plan(many, 3, index)


def test_another_seed_is_another_world():
    assert draft.plan(WorldConfig(seed=1), 0, 0) != draft.plan(WorldConfig(seed=2), 0, 0)


def test_the_shares_are_what_was_asked_for():
    """Five per cent faults, ten per cent look-alikes, every kind among them."""
    config = WorldConfig(seed=2, orders_per_day=5000)
    drawn = [choose.plan_of(config, choose.number_of(0, index)).fault for index in range(5000)]
    faulty = [name for name in drawn if name and not KINDS[name].is_lookalike]
    alike = [name for name in drawn if name and KINDS[name].is_lookalike]
    assert 0.04 < len(faulty) / 5000 < 0.06
    assert 0.085 < len(alike) / 5000 < 0.115
    assert set(faulty) | set(alike) == set(KINDS)


def test_a_sales_order_is_only_rejected_when_it_was_cancelled():
    """States of SAP's order follow from the plan: created, issued, billed."""
    plan = draft.plan(CONFIG, 0, 0)
    states = [s.belief for s in show.changes(plan) if isinstance(s, Change) and s.kind == "sales_orders"]
    assert states[0].delivery_status == "A"
    assert states[-1].delivery_status == states[-1].process_status == states[-1].billing_status == "C"
    assert {state.rejection_status for state in states} == {"A"}


def test_picked_quantities_add_up_to_the_delivery():
    """Over all picking events of a good order, each line is picked in full, once."""
    for index in range(200):
        plan = draft.plan(CONFIG, 0, index)
        for leg in plan.legs:
            picked: dict[int, int] = {}
            for pick in leg.picks:
                picked[pick.line] = picked.get(pick.line, 0) + pick.qty
            assert picked == leg.lines
