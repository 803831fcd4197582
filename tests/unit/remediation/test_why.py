"""Counterfactuals are decided, not guessed: with the one value changed, the runner-up is chosen."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.remediation.decide import decide
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.why import counterfactuals, levers, runner_up
from decision_facts import CARRIER, case, late_parcel, order, policy, short_pick, stock


def turned(facts: dict, **given: object) -> dict[str, tuple[str, str]]:
    """What would have turned the decision: lever → (was, would be)."""
    decision = decide(facts, policy(**given), playbooks())
    rival = runner_up([one.as_json() for one in decision.candidates], decision.name)
    return {one.name: (one.was, one.would_be) for one in counterfactuals(facts, policy(**given), rival)}


def test_more_stock_elsewhere_would_have_won():
    """SOUTH needs what keeps it above the buffer, where it is as good as WEST and stands before it; or WEST less."""
    found = turned(short_pick(EAST=0, WEST=100, SOUTH=5))
    assert found["stock of A at SOUTH"] == ("5", "14")
    assert found["stock of A at WEST"] == ("100", "13")


def test_a_cheaper_rate_would_have_won():
    """As cheap as the chosen one: then the name decides, so that it is always the same."""
    found = turned(late_parcel(("UPS", "Ground", "9.00", 3), ("USPS", "Priority", "8.00", 3)), **CARRIER)
    assert found["the price of UPS Ground"] == ("9.00", "8.00")
    assert found["the days of USPS Priority"] == ("3", "4")


def test_a_later_promise_would_have_let_a_slow_carrier_win():
    """What was ruled out by the promise wins with another promise."""
    found = turned(late_parcel(("UPS", "Ground", "7.00", 9), ("USPS", "Priority", "8.00", 3)), **CARRIER)
    assert found["the promise"][1] == "2026-03-13T00:00:00+00:00"


def test_a_case_that_people_got_says_what_would_have_repaired_it():
    """Nothing was in time for the machine: with a tier or stock it still would not, and it says nothing then."""
    facts = short_pick() | {"case": case(attempt=2)}
    decision = decide(facts, policy(), playbooks())
    assert runner_up([one.as_json() for one in decision.candidates], decision.name) is None


quantities = st.integers(0, 30)


@given(
    east=quantities, west=quantities, south=quantities, picked=st.integers(0, 9),
    tier=st.sampled_from(["gold", "silver", "bronze"]), day=st.integers(3, 20),
)  # fmt: skip
@settings(deadline=None, max_examples=15)
def test_what_is_reported_really_turns_the_choice(east, west, south, picked, tier, day):
    """Put into the inputs by hand, each reported value makes the runner-up win, and one step less does not."""
    promised = f"2026-03-{day:02d}T00:00:00+00:00"
    facts = short_pick(picked=picked, EAST=east, WEST=west, SOUTH=south)
    facts["order"] = order(customer_tier=tier, promised_at=promised)
    decision = decide(facts, policy(), playbooks())
    rival = runner_up([one.as_json() for one in decision.candidates], decision.name)
    known = {lever.name: lever for lever in levers(facts)}
    for one in counterfactuals(facts, policy(), rival):
        lever = known[one.name]
        values = {str(value): value for value in (*lever.values, *_steps(lever))}
        changed = copy.deepcopy(facts)
        lever.put(changed, values[one.would_be.replace("T", " ") if one.name == "the promise" else one.would_be])
        assert decide(changed, policy(), playbooks()).name == rival != decision.name


def _steps(lever) -> list:
    reach = range(-100, 100)
    return [] if lever.step is None else [lever.now + steps * lever.step for steps in reach]


@pytest.mark.parametrize("available", [{"EAST": 0, "WEST": 0, "SOUTH": 0}, {"EAST": 0, "WEST": 4, "SOUTH": 4}])
def test_quantities_stay_possible(available):
    """No counterfactual asks for less than nothing, nor for more picked than was to be delivered."""
    facts = short_pick(**available) | {"stock": stock(**available)}
    for was, would_be in (pair for name, pair in turned(facts).items() if name not in ("the promise",)):
        if would_be.lstrip("-").isdigit():
            assert int(would_be) >= 0, (was, would_be)
    assert int(turned(facts).get("what was picked", ("0", "0"))[1]) <= 10
