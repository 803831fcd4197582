"""The built documents that Airflow's menu links to: where each site's files are, and what makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from crossdock.core.settings import settings


@dataclass(frozen=True, slots=True)
class Site:
    """One folder of files. `index` is what its root shows; empty: a list of the files."""

    title: str
    folder: Callable[[], Path]
    index: str
    made_by: str


BATCH = "the DAG batch_lane"
SITES = {
    "dbt": Site("dbt docs", lambda: settings().home_dir / "dbt" / "all", "static_index.html", BATCH),
    "contracts": Site("Data Docs", lambda: settings().home_dir / "data_docs", "index.html", BATCH),
    "runbooks": Site("Runbooks", lambda: settings().project_dir / "docs" / "runbooks", "", "the checkout"),
    "reference": Site("Reference", lambda: settings().project_dir / "docs" / "reference", "", "the checkout"),
}
SHOWN = {".html", ".css", ".js", ".json", ".md", ".png", ".svg", ".woff", ".woff2", ".ico", ".gif", ".jpg", ".ttf"}
"""Endings that are served; a site's folder may also hold logs and state, which are not."""


def find(site: str, path: str) -> Path | None:
    """The file to show, or None: no such site, no such file, or outside the site's folder."""
    if site not in SITES:
        return None
    folder = SITES[site].folder().resolve()
    wanted = (folder / (path or SITES[site].index)).resolve()
    if not wanted.is_relative_to(folder) or wanted.suffix not in SHOWN or not wanted.is_file():
        return None
    return wanted


def missing(site: str, path: str) -> str:
    """Why there is nothing to show, and what makes it."""
    if site not in SITES:
        return f"there is no site {site!r}; there are {', '.join(SITES)}"
    return f"{path or 'it'} has not been made yet: {SITES[site].made_by} writes it"


def _page(title: str, body: str) -> str:
    style = "body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}"
    return f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{style}</style>{body}"


def _links(rows: list[tuple[str, str, str]]) -> str:
    items = "".join(f'<li><a href="{escape(href)}">{escape(text)}</a> {escape(note)}</li>' for href, text, note in rows)
    return f"<ul>{items}</ul>"


def contents_page() -> str:
    """HTML that lists the sites."""
    rows = [(f"{name}/", site.title, f"({site.made_by})") for name, site in SITES.items()]
    return _page("Crossdock documents", "<h1>Crossdock documents</h1>" + _links(rows))


def listing_page(site: str) -> str | None:
    """HTML that lists the pages of a site without an index of its own; None for every other."""
    if site not in SITES or SITES[site].index:
        return None
    files = sorted(SITES[site].folder().glob("*.md"))
    title = SITES[site].title
    return _page(title, f"<h1>{escape(title)}</h1>" + _links([(file.name, file.stem, "") for file in files]))


def markdown_page(file: Path) -> str:
    """A Markdown file as readable text in HTML."""
    return _page(file.stem, f"<pre>{escape(file.read_text())}</pre>")
