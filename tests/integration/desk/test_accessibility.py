"""What a machine can check of WCAG 2.2 AA: structure, names, relations, and the contrast of every colour pair."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import desk_story
from crossdock.desk import web
from page_reader import Page

pytestmark = pytest.mark.slow
CSS = (Path(web.__file__).parent / "static" / "desk.css").read_text()
TEXT, THING = 4.5, 3.0


@pytest.fixture(scope="module")
def story(modelled_for_module) -> desk_story.Story:
    """One case with everything on its page."""
    made = desk_story.begin(modelled_for_module)
    case_id = desk_story.add_case(made, evidence={"lines": [{"sku": "A", "qty": 1}], "who": {"name": "x"}, "n": None})
    desk_story.ask_approval(made, case_id, ["warehouse"])
    with made.connect() as app:
        app.execute(
            """
            insert into ops.verifications (case_id, attempt, partner_id, kind, object_id, expected, seen, agrees,
                read_as_of)
            values (%s, 1, 'sap-main', 'delivery', '80001234', '{"quantity": 4}', null, true, '2026-01-10 11:30Z')
            """,
            [case_id],
        )
    dismissed = desk_story.add_case(made)
    desk_story.move(made, dismissed, "dismiss", kind="person")
    return made


PATHS = ["/", "/?queue=all&state=all&q=1001", "/cases/1", "/cases/2", "/approvals", "/cases/999",
         "/trace?thread=shop-main/order/1001", "/?queue=logistics",
         "/causes", "/?queue=all&cause=stock_short&origin=none"]  # fmt: skip


@pytest.fixture(params=PATHS)
def page(request, person) -> Page:
    """Each page, as somebody who may act sees it."""
    return Page(person("walt").get(request.param).text)


def test_the_frame_of_a_page(page):
    """Language, title, one main, one first heading, the skip link first, labelled navigations."""
    assert page.tags("html")[0]["lang"] == "en"
    assert page.tags("title")[0].text.strip()
    assert len(page.tags("main")) == 1
    assert len(page.tags("h1")) == 1
    assert page.tags("meta")[1]["content"] == "width=device-width, initial-scale=1"
    names = [nav["aria-label"] for nav in page.tags("nav")]
    assert all(names)
    assert len(set(names)) == len(names)
    if page.tags("header"):
        first = page.tags("a")[0]
        assert first["href"] == "#main"
        assert page.tags("main")[0]["id"] == "main"


def test_headings_skip_no_level(page):
    """One below the other, each with words."""
    headings = page.tags("h1", "h2", "h3", "h4", "h5", "h6")
    assert all(h.text.strip() for h in headings)
    levels = [int(h.tag[1]) for h in headings]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_control_has_a_name(page):
    """A label for each field, words on each button and link, a legend for each set of choices."""
    labelled = {label["for"] for label in page.tags("label")}
    for control in page.tags("input", "select", "textarea"):
        if control["type"] != "hidden":
            assert control["id"] in labelled, control.attributes
        if control["type"] == "radio":
            assert any(c.tag == "legend" for c in control.inside("fieldset").children)
    for element in page.tags("button", "a", "summary", "legend", "label"):
        assert element.text.strip(), element


def test_tables_can_be_read_aloud(page):
    """A caption, or a labelled group around; header cells with a scope; as many cells in each row."""
    for table in page.tags("table"):
        rows = [e for e in page.tags("tr") if e.inside("table") is table]
        assert any(c.tag == "caption" for c in table.children) or table["class"] == "small"
        assert all(cell["scope"] == "col" for cell in rows[0].children)
        assert {len(row.children) for row in rows} == {len(rows[0].children)}
        assert all(c["scope"] for row in rows for c in row.children if c.tag == "th")
        around = table.path[-1]
        assert (around["role"], around["tabindex"]) == ("group", "0")
        assert around["aria-label"]


def test_relations_lead_somewhere(page):
    """Ids are unique; what refers to one finds it; nothing jumps the tab order or acts by script or inline style."""
    ids = [e["id"] for e in page.all if e["id"]]
    assert len(ids) == len(set(ids))
    for element in page.all:
        for relation in ("aria-labelledby", "aria-describedby", "for"):
            assert element[relation] is None or element[relation] in ids
        assert int(element["tabindex"] or 0) <= 0
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
        assert element.tag not in ("script", "style")


def test_what_a_colour_says_words_say_too(page):
    """Every coloured tag has words; a row of trouble says so."""
    for element in page.all:
        if "tag" in (element["class"] or "").split():
            assert element.text.strip()
        if element["class"] == "trouble":
            assert "(trouble)" in element.text


def test_forms_that_act_are_posted_with_a_token(page):
    """Each carries it; those that only look carry none."""
    for form in page.tags("form"):
        tokens = [e for e in page.tags("input") if e["name"] == "token" and form in e.path]
        assert len(tokens) == (1 if form["method"] == "post" else 0)


def colours() -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_the_standard_does():
    """Black on white is 21 to 1; the grey that just passes does."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_text_stands_out():
    """Each rule's own pair of colours; a colour alone on each ground of a page; a ground alone under ink."""
    known, rules = colours(), re.findall(r"([^{}]+)\{([^{}]*)\}", CSS)
    for selector, body in rules:
        ink = re.search(r"(?<![-\w])color: var\(--([\w-]+)\)", body)
        ground = re.search(r"background: var\(--([\w-]+)\)", body)
        inks = [ink[1]] if ink else ["ink"]
        grounds = [ground[1]] if ground else ["late-paper"] if ".trouble" in selector else ["paper", "band"]
        for a in inks:
            for b in grounds:
                assert contrast(known[a], known[b]) >= TEXT, (selector.strip(), a, b)


@pytest.mark.parametrize(
    ("thing", "ground"), [("focus", "paper"), ("focus", "band"), ("soft", "paper"), ("soft", "band")]
)
def test_edges_and_focus_stand_out(thing, ground):
    """The ring around what has the focus, and the edge of a field."""
    assert contrast(colours()[thing], colours()[ground]) >= THING


def test_the_stylesheet_names_no_other_colour():
    """Every colour is one of the checked ones, and the focus is never taken away."""
    body = CSS.partition("}")[2]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", body) == []
    assert "outline: none" not in CSS
    assert "outline: 0" not in CSS
