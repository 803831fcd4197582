"""Every story of this folder, played by the whole product: what is found, decided, done, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pprint import pprint

import pytest

from rig import rig
from scenarios.season import CONFIG, Season
from scenarios.story import Story, stories

STORIES = stories()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def season(postgres, modelled_for_module, tmp_path_factory) -> Iterator[Season]:
    """All stories lived through, once."""
    with rig(postgres, modelled_for_module, CONFIG, tmp_path_factory.mktemp("season")) as system:
        made = Season(system, STORIES)
        made.play()
        yield made


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_it_goes_as_expected(season: Season, story: Story):
    """As expect.yaml says. What was played is printed where it does not."""
    played, expect = season.played(story), story.expect
    pprint(played, width=160)  # noqa: T203 - shown by pytest on failure
    assert played.found == sorted(expect.found)
    for name in ("backordered", "fulfillment"):
        wanted = getattr(expect, name)
        assert wanted is None or getattr(played, name) == wanted
    if expect.ends == "no case":
        assert played.cases == []
        return
    case = next((case for case in played.cases if case["lead"] == expect.case), None)
    assert case, f"no case of {expect.case}: {played.cases}"
    assert _end(case) == expect.ends
    for name in ("playbook", "outcome", "chosen", "commands", "approval"):
        wanted = getattr(expect, name)
        if wanted is not None:
            assert case["decided" if name == "playbook" else name] == wanted, (name, case)
    if expect.repaired is not None:
        assert season.repaired(story) is expect.repaired


def _end(case: dict) -> str:
    if case["close_reason"] in ("vanished", "dismissed"):
        return case["close_reason"]
    if case["state"] == "resolved" or case["close_reason"] == "resolved":
        return "resolved"
    return "with people"


def test_quantities_of_every_line_always_add_up(season: Season):
    """Called off, waiting for stock and on its way are never more than ordered, whatever is done to the order."""
    assert season.waited
    assert season.wrong_sums == set()


def test_there_are_stories_of_every_exception_an_order_can_have():
    """At least forty, and every code of an order's fault has one."""
    from crossdock_lab.world.faults import KINDS

    told = {code for story in STORIES for code in story.expect.found}
    assert len(STORIES) >= 40
    assert told >= {code for kind in KINDS.values() for code in kind.codes} - {"delivered_late"}
