"""The documentation names what exists: generated pages are current, links lead somewhere, coverage is whole."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from crossdock.cli import build, docs
from crossdock.core.settings import settings
from crossdock_lab import reference

PROJECT = settings().project_dir
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| ([RW]\d+) \|", re.MULTILINE)
TEST = re.compile(r"(tests/[\w./-]+)(::(\w+))?")
OUR_PATH = re.compile(r"`((?:include|dbt|dags|plugins|expectations|docs)/[\w./-]+)`")
STATES = {"planned", "partly", "done"}
REQUIRED = [*(f"R{n}" for n in range(1, 274)), *(f"W{n}" for n in range(1, 16))]


def coverage_rows() -> list[list[str]]:
    """Cells of every row of docs/coverage.md: row, title, state, code, proof."""
    text = (PROJECT / "docs" / "coverage.md").read_text()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if ROW.match(line)]


def test_every_command_is_documented():
    """docs/reference/cli.md is what `crossdock docs reference` writes."""
    assert (PROJECT / "docs/reference/cli.md").read_text() == docs.cli_page(build())


def test_the_reference_of_settings_is_current():
    """docs/reference/settings.md is what the settings declare (`crossdock docs reference` writes it)."""
    assert (PROJECT / "docs/reference/settings.md").read_text() == docs.settings_page()


def test_the_reference_of_policies_is_current():
    """docs/reference/policies.md is what the files of the package say (`crossdock docs reference` writes it)."""
    assert (PROJECT / "docs/reference/policies.md").read_text() == docs.policies_page()


def test_the_reference_of_the_lab_is_current():
    """docs/reference/lab.md is what `crossdock lab faults --markdown` prints."""
    assert (PROJECT / "docs/reference/lab.md").read_text() == reference.page()


def test_the_exception_reference_is_current(database):
    """docs/reference/exceptions.md is what the catalogue says."""
    with psycopg.connect(database["app"], row_factory=dict_row) as connection:
        page = docs.exceptions_page(docs.catalogue(connection))
    assert (PROJECT / "docs/reference/exceptions.md").read_text() == page


def test_the_reference_of_states_is_current(database):
    """docs/reference/states.md is what ref.transitions says."""
    with psycopg.connect(database["app"]) as connection:
        assert (PROJECT / "docs/reference/states.md").read_text() == docs.states_page(connection)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path):
    """Every relative link in the documentation points at a file that is there."""
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_coverage_names_every_requirement_once():
    """Each row of the requirements stands in docs/coverage.md, in order, once."""
    assert [row[0] for row in coverage_rows()] == REQUIRED


def test_coverage_states_are_known_and_proven():
    """A row is planned, partly or done; what is done names its code and its proof."""
    wrong = [
        row[0]
        for row in coverage_rows()
        if len(row) != 5 or row[2] not in STATES or (row[2] != "planned" and not (row[3] and row[4]))
    ]
    assert wrong == []


def test_coverage_names_tests_that_exist():
    """Every test path that the coverage page names is there; with `::name`, the file holds that test."""
    missing = []
    for row in coverage_rows():
        for path, _, test in TEST.findall(row[4]):
            file = PROJECT / path.rstrip(".")
            if not file.exists() or (test and f"def {test}" not in file.read_text()):
                missing.append(f"{row[0]}: {path}{test and '::' + test}")
    assert missing == []


def test_coverage_names_code_that_exists():
    """Every path of ours that the coverage page names as code is there."""
    named = {path for row in coverage_rows() for path in OUR_PATH.findall(row[3])}
    assert [path for path in sorted(named) if not (PROJECT / path).exists()] == []
