"""Counterfactuals are decided, not guessed: with the one value changed, the runner-up is chosen."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.cli.why import _turning
from crossdock.remediation.decide import decide
from crossdock.remediation.levers import levers
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.why import Counterfactual, counterfactuals, rivals, turning
from decision_facts import CARRIER, case, late_parcel, order, policy, shipment, short_pick, stock


def next_best(facts: dict, **given: object) -> list[str]:
    """Who else was considered, the next best first."""
    decision = decide(facts, policy(**given), playbooks())
    return rivals([one.as_json() for one in decision.candidates], decision.name)


def settled(**available: int) -> dict:
    """A short pick whose goods issue is posted and whose order is billed: that rules out everything."""
    facts = short_pick(**available)
    return facts | {"order": order(billing_status_code="invoiced"), "shipment": shipment(erp_status="shipped")}


def turned(facts: dict, **given: object) -> dict[str, tuple[str, str]]:
    """What would have turned the decision: lever → (was, would be)."""
    rival = next_best(facts, **given)[0]
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
    """All was ruled out because it is billed: WEST would have done, had it not been, or not been posted."""
    assert turned(settled(EAST=0, WEST=100, SOUTH=0)) == {
        "the order's billing status": ("invoiced", "not_billed"),
        "the delivery's status in the ERP": ("shipped", "packed"),
    }


def test_what_two_things_rule_out_needs_both_to_be_different():
    """Billed, and nowhere enough: no single change repairs it; both together do, and neither can be left out."""
    facts = settled(EAST=0, WEST=3, SOUTH=0)
    rival = "WEST"
    assert rival in next_best(facts)
    found = turning(facts, policy(), rival)
    assert found.alone == []
    assert {(one.name, one.was, one.would_be) for one in found.together} == {
        ("the order's billing status", "invoiced", "not_billed"), ("stock of A at WEST", "3", "4")
    }  # fmt: skip
    facts["order"]["billing_status_code"] = "not_billed"
    facts["stock"] = stock(EAST=0, WEST=4, SOUTH=0)
    assert decide(facts, policy(), playbooks()).name == rival


def test_what_no_figure_can_change_is_not_explained_by_one():
    """The policy takes nothing from SOUTH: whatever the stock, it does not win."""
    closed = {"knobs": {"excluded_warehouses": ["SOUTH"]}}
    found = turning(short_pick(EAST=0, WEST=100, SOUTH=0), policy(**closed), "SOUTH")
    assert (found.alone, found.together) == ([], [])


def test_where_nothing_else_was_considered_there_is_no_runner_up():
    """The attempts were used up: only people were left."""
    assert next_best(short_pick() | {"case": case(attempt=2)}) == []


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
    decision, rival = decide(facts, policy(), playbooks()), next_best(facts)[0]
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


def test_the_page_of_why_says_what_it_found_in_words():
    """One change alone, several at once, none, and nothing else considered: each has its own sentence."""
    one = Counterfactual("the promise", "a", "b", "WEST")
    told = {"runner_up": "WEST", "counterfactuals": [], "together": [], "outcome": "person", "reason": "on hold"}
    assert _turning(told | {"counterfactuals": [one]})[0].strip() == "WEST would have won with"
    assert _turning(told | {"together": [one, one]})[0].strip() == "WEST would have won with all of"
    assert "makes WEST win" in _turning(told)[0]
    assert [line.strip() for line in _turning(told | {"runner_up": None})] == [
        "there was no other candidate", "on hold"
    ]  # fmt: skip
