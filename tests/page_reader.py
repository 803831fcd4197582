"""A page as a machine can judge it: its elements with their attributes, texts and ancestors."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    """One element; `text` is everything inside it, `path` its ancestors, the outermost first."""

    tag: str
    attributes: dict[str, str | None]
    path: list[Element]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def __getitem__(self, name: str) -> str | None:
        return self.attributes.get(name)

    def inside(self, tag: str) -> Element | None:
        return next((e for e in reversed(self.path) if e.tag == tag), None)


class Page(HTMLParser):
    """Every element of a page in document order; raises AssertionError for tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)
        assert [e.tag for e in self.open] == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        made = Element(tag, dict(attrs), list(self.open))
        self.all.append(made)
        if self.open:
            self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open[-1].tag == tag, f"<{self.open[-1].tag}> ends with </{tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def tags(self, *names: str) -> list[Element]:
        return [e for e in self.all if e.tag in names]
