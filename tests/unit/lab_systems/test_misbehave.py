"""Misbehaviour strikes where, as often, and as repeatably as its rule says."""

from __future__ import annotations

import pytest

from crossdock_lab.systems.misbehave import ANSWERS, PUSHES, Rules, checked


def rules(*rows: tuple) -> Rules:
    given = Rules()
    given.replace([(number, *row) for number, row in enumerate(rows)])
    return given


def test_a_rule_is_about_its_system_and_path() -> None:
    """Others are served as ever."""
    given = rules(("sap", "throttle", {"path": "A_SalesOrder"}))
    assert given.pick("sap", "/x/A_SalesOrder", ANSWERS).behaviour == "throttle"
    assert given.pick("sap", "/x/A_OutbDeliveryHeader", ANSWERS) is None
    assert given.pick("shop", "/x/A_SalesOrder", ANSWERS) is None
    assert given.pick("sap", "/x/A_SalesOrder", PUSHES) is None


def test_times_are_counted_across_readings_of_the_rules() -> None:
    """Reading the rules again does not give a spent rule new strength."""
    given = rules(("*", "error", {"times": 2}))
    assert [bool(given.pick("sap", "", ANSWERS)) for _ in range(2)] == [True, True]
    given.replace([(0, "*", "error", {"times": 2})])
    assert given.pick("sap", "", ANSWERS) is None


def test_the_same_seed_gives_the_same_hits() -> None:
    """A third of a thousand, and the same ones again."""
    rows = ("shop", "error", {"probability": 1 / 3, "seed": 7})
    first, second = (
        [bool(given.pick("shop", "", ANSWERS)) for _ in range(1000)] for given in (rules(rows), rules(rows))
    )
    assert first == second
    assert 280 < sum(first) < 390


@pytest.mark.parametrize(("behaviour", "params"), [("explode", {}), ("drift", {})])
def test_rules_that_mean_nothing_are_refused(behaviour: str, params: dict) -> None:
    """With what would be right."""
    with pytest.raises(ValueError, match=r"one of|params\.field"):
        checked(behaviour, params)
