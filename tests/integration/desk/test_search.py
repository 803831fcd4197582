"""Any number anybody has written on anything leads to the order."""

from __future__ import annotations

import re

import pytest

import desk_story
from crossdock.core.settings import settings
from crossdock.desk import queries

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def story(modelled_for_module) -> desk_story.Story:
    """One database for all of these."""
    return desk_story.begin(modelled_for_module)


@pytest.fixture(scope="module")
def case_id(story) -> int:
    """The order's case; beside it a case of another order."""
    other = "shop-main/order/2002"
    with story.connect("dbt") as dbt:
        desk_story.add_identifier(dbt, other, other)
    desk_story.add_case(story, thread_id=other, order_id=other)
    return desk_story.add_case(story)


@pytest.mark.parametrize(
    "written",
    ["1001", "#1001", "4711", "0000004711", "80001234", "0080001234", "1Z999AA10123456784", "1z999aa10123456784",
     "1Z999 AA1 0123 4567 84", "5550001001", "35436", "trk_abc", "rma7", " 1001 ", desk_story.THREAD],
)  # fmt: skip
def test_every_kind_of_number_finds_the_order(person, case_id, written):
    """As it is written on paper: with #, leading zeros, spaces or in small letters. Finished cases are found too."""
    page = person("walt").get(q=written)
    assert re.findall(r'<th scope="row"><a href="/desk/cases/(\d+)"', page.text) == [str(case_id)]
    assert f"Trace of {desk_story.THREAD}" in page.text


@pytest.mark.parametrize("written", ["{}", "#{}", "case {}", "Case-{}"])
def test_a_case_is_found_by_its_number(person, case_id, written):
    """As people say it."""
    assert f'href="/desk/cases/{case_id}"' in person("walt").get(q=written.format(case_id)).text


def test_a_purchase_order_of_an_edi_partner_is_found(story, person):
    """The customer's own number is an identifier like any other."""
    thread = "acme-edi/order/PO-77/A"
    with story.connect("dbt") as dbt:
        desk_story.add_identifier(dbt, thread, thread)
    case_id = desk_story.add_case(story, thread_id=thread, order_id=thread)
    assert f'href="/desk/cases/{case_id}"' in person("walt").get(q="po-77/a").text


@pytest.mark.parametrize("written", ["no such number", "%", "100", "' or 1=1 --", "\x00"])
def test_what_nobody_carries_finds_nothing(person, case_id, written):
    """No part of a number and no pattern matches."""
    page = person("walt").get(q=written, queue="all")
    if written.strip("\x00"):
        assert "Nothing we know carries this number." in page.text
        assert f'href="/desk/cases/{case_id}"' not in page.text
    assert page.status_code == 200


def test_the_search_knows_every_kind_of_number_of_the_models():
    """A kind that a model makes and the search does not look up would never be found."""
    models = "\n".join(path.read_text() for path in (settings().project_dir / "dbt" / "models").rglob("*.sql"))
    made = set(re.findall(r"identifier\([^,]+, '([a-z_]+)',", models))
    known = set(re.findall(r"'([a-z_]+)'", (queries.SQL / "find.sql").read_text().partition("possible as")[0]))
    assert made
    assert made - known == set()
