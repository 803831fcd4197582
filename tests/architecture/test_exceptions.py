"""One exception: one file, one catalogue row, one runbook page, one member of the union, examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from crossdock.core.settings import settings

PROJECT = settings().project_dir
FOLDER = settings().dbt_dir / "models" / "exceptions"
VIEWS = sorted(FOLDER.glob("*/exc_*.sql"))
SECTIONS = ("What it means", "How it is found", "What to check", "How to repair", "Who owns it")
WAITS = re.compile(r"waits_for=|own_waits=true")
THRESHOLD = re.compile(r"interval\s+'|'\d+ (second|minute|hour|day)s?'::interval|make_interval")


def code_of(path: Path) -> str:
    return path.stem.removeprefix("exc_")


CODES = {code_of(path): path for path in VIEWS}


def test_files_catalogue_runbooks_and_union_name_the_same_codes(app):
    """Whoever adds an exception adds all of it."""
    catalogue = dict(app.execute("select exception_code, step from ref.exception_catalogue"))
    union = re.findall(r"ref\('exc_(\w+)'\)", (FOLDER / "exceptions.sql").read_text())
    runbooks = {path.stem for path in (PROJECT / "docs" / "runbooks").glob("*.md")} - {"README"}
    assert {code: path.parent.name for code, path in CODES.items()} == catalogue
    assert sorted(union) == sorted(CODES)
    assert runbooks == set(CODES)


@pytest.mark.parametrize("path", VIEWS, ids=code_of)
def test_an_exception_view_reads_only_what_it_may(path):
    """Exceptions read canonical models and ref; raw and ops come to them as canonical models."""
    assert set(re.findall(r"source\('(\w+)'", path.read_text())) <= {"ref"}


@pytest.mark.parametrize("path", VIEWS, ids=code_of)
def test_an_exception_view_holds_no_threshold(path):
    """How long is too long, how much is too much: the catalogue says."""
    assert THRESHOLD.search(path.read_text()) is None


@pytest.mark.parametrize("path", VIEWS, ids=code_of)
def test_an_exception_view_uses_the_one_shape(path):
    """The macro makes the columns and decides when a candidate counts."""
    assert len(re.findall(r"\{\{ exception_rows\('found'", path.read_text())) == 1


@pytest.mark.parametrize("path", VIEWS, ids=code_of)
def test_an_exception_is_proven_by_example(path):
    """It fires, a look-alike does not, and it does not before its time; each example says in words what it shows."""
    examples = {
        test["name"].removeprefix(f"{code_of(path)}_"): test
        for test in yaml.safe_load(path.with_suffix(".yml").read_text())["unit_tests"]
    }
    assert "fires" in examples
    assert examples["fires"]["expect"]["rows"]
    assert any(name.startswith("ignores") and test["expect"]["rows"] == [] for name, test in examples.items())
    assert examples["not_yet_due"]["expect"]["rows"] == []
    assert all(test.get("description") for test in examples.values())


@pytest.mark.parametrize("path", [p for p in VIEWS if WAITS.search(p.read_text())], ids=code_of)
def test_an_absence_is_not_concluded_before_reading(path):
    """Where the view waits for systems to be read, an example shows that it waits."""
    names = [test["name"] for test in yaml.safe_load(path.with_suffix(".yml").read_text())["unit_tests"]]
    assert any(name.startswith(f"{code_of(path)}_waits_for") for name in names)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_runbook_answers_what_operations_ask(code):
    """Every page has the same five questions, and its own SQL to look with."""
    page = (PROJECT / "docs" / "runbooks" / f"{code}.md").read_text()
    assert [heading for heading in SECTIONS if f"## {heading}\n" not in page] == []
    assert f"exception_code = '{code}'" in page


def test_time_based_exceptions_are_marked_in_the_catalogue(app):
    """What waits for systems to be read comes about by time passing, and the catalogue says so."""
    time_based = {c for (c,) in app.execute("select exception_code from ref.exception_catalogue where is_time_based")}
    waits = {code for code, path in CODES.items() if WAITS.search(path.read_text())}
    assert waits <= time_based
    assert time_based - waits <= {"partner_unavailable"}
