"""The desk in a real browser: with the keyboard alone, in a frame without scripts, and on a narrow screen."""

from __future__ import annotations

import pytest

import desk_story
from webdriver import ENTER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def asked_case(story) -> tuple[int, int]:
    case_id = desk_story.add_case(story)
    return case_id, desk_story.ask_approval(story, case_id, ["warehouse"])


def answered(story, approval_id: int) -> tuple:
    return story.rows("select state, decided_by, front_end from ops.approvals where approval_id = %s", approval_id)[0]


def test_a_case_is_approved_with_the_keyboard_alone(story, served, browser):
    """List, case, approve: Tab and Enter reach everything, and the focus is always to be seen."""
    case_id, approval_id = asked_case(story)
    browser.open(f"{served('walt')}/desk/")
    browser.tab_to(f"{case_id}: 4 of 10 SKU-1 picked")
    browser.press(ENTER)
    browser.wait_for("Deliver the missing 6 from W2?")
    browser.tab_to("Approve")
    browser.press(ENTER)
    browser.wait_for("Your approval was recorded.")
    assert answered(story, approval_id) == ("approved", "walt", "desk")
    assert "Being repaired" in browser.text()


def test_the_first_tab_offers_to_skip(story, served, browser):
    """The skip link comes first, shows itself, and leads to the content."""
    asked_case(story)
    browser.open(f"{served('walt')}/desk/")
    browser.tab_to("Skip to the content", limit=1)
    browser.press(ENTER)
    assert browser.look("return document.activeElement.id") == "main"


def test_a_form_works_in_a_frame_without_scripts(story, served, browser):
    """As Airflow frames it and stricter: forms are allowed, scripts, modals and popups are not."""
    case_id, approval_id = asked_case(story)
    browser.open(f"{served('walt')}/framed")
    browser.enter_frame()
    browser.tab_to("Approvals")
    browser.press(ENTER)
    browser.wait_for("For you to answer")
    browser.tab_to(f"Answer case {case_id}: ")
    browser.press(ENTER)
    browser.wait_for("Reason (needed to reject)")
    browser.tab_to("answer-reason")
    browser.press(*"too dear")
    browser.tab_to("Reject")
    browser.press(ENTER)
    browser.wait_for("Your rejection was recorded.")
    assert answered(story, approval_id) == ("rejected", "walt", "desk")


def test_a_note_and_a_dismissal_by_keyboard(story, served, browser):
    """The other forms too; what was written stands in the history."""
    case_id = desk_story.add_case(story)
    browser.open(f"{served('walt')}/desk/cases/{case_id}")
    browser.tab_to("note-text")
    browser.press(*"called <b>W1</b>")
    browser.tab_to("Add the note")
    browser.press(ENTER)
    browser.wait_for("The note was added.")
    assert "called <b>W1</b>" in browser.text()
    browser.tab_to("dismiss-reason")
    browser.press(*"a test")
    browser.tab_to("Dismiss the case")
    browser.press(ENTER)
    browser.wait_for("The case was dismissed.")
    assert story.rows("select state from ops.cases where case_id = %s", case_id) == [("dismissed",)]


@pytest.mark.parametrize(
    "path",
    ["/desk/", "/desk/cases/{}", "/desk/trace?thread=shop-main/order/1001", "/desk/approvals", "/desk/causes"],
)
def test_nothing_is_cut_off_on_a_narrow_screen(story, served, browser, path):
    """At 320 pixels the page itself never scrolls sideways; wide tables do so in a box that takes the focus."""
    case_id, _ = asked_case(story)
    browser.call("window/rect", {"width": 500, "height": 800})
    browser.open(f"{served('walt')}/framed")
    browser.look("const f = document.querySelector('iframe'); f.width = 320; f.src = arguments[0]".replace(
        "arguments[0]", repr(path.format(case_id))))  # fmt: skip
    browser.enter_frame()
    browser.wait_for("Signed in as walt")
    assert browser.look("return innerWidth") == 320
    assert browser.look("return document.documentElement.scrollWidth") <= 320


def test_nothing_is_loaded_from_elsewhere(story, served, browser):
    """One page and one stylesheet, both ours; the console stays silent."""
    browser.open(f"{served('walt')}/desk/")
    browser.wait_for("Signed in as walt")
    loaded = browser.look("return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    assert [path for path in loaded if path != "/favicon.ico"] == ["/desk/desk.css"]
    assert browser.look("return getComputedStyle(document.querySelector('.brand')).fontWeight") == "700"
