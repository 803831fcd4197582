"""The documents behind Airflow's menu: what is served, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.core.settings import settings
from crossdock.stack import documents


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A home with built documents beside things that are nobody's business."""
    monkeypatch.setenv("CROSSDOCK_HOME", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "dbt" / "all").mkdir(parents=True)
    (tmp_path / "dbt" / "all" / "static_index.html").write_text("<h1>dbt</h1>")
    (tmp_path / "dbt" / "all" / "dbt.log").write_text("secret")
    (tmp_path / "state.json").write_text('{"secret": "x"}')
    yield tmp_path
    settings.cache_clear()


def test_the_root_of_a_site_is_its_index(home: Path):
    assert documents.find("dbt", "").name == "static_index.html"


@pytest.mark.parametrize("path", ["../../state.json", "dbt.log", "absent.html", "/etc/passwd", "..%2f..%2fstate.json"])
def test_nothing_outside_and_no_log_is_served(home: Path, path: str):
    """A path cannot climb out of its folder, and only document endings are shown."""
    assert documents.find("dbt", path) is None


def test_what_is_missing_is_named_with_what_makes_it(home: Path):
    assert "batch_lane" in documents.missing("contracts", "")
    assert "there are" in documents.missing("nonsense", "")


def test_runbooks_are_listed_and_shown_as_text(home: Path, tmp_path: Path):
    """Markdown cannot smuggle in a script."""
    listing = documents.listing_page("runbooks")
    assert "<ul>" in listing
    file = tmp_path / "page.md"
    file.write_text("<script>alert(1)</script>")
    assert "<script>" not in documents.markdown_page(file)
    assert documents.listing_page("dbt") is None
