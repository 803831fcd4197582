"""A connector put together from the parts of its folder: a reader (I/O), a parser (pure) and its webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crossdock.connectors.base import FeedKind, Page, Record
from crossdock.connectors.payload import decode
from crossdock.core.errors import Misconfigured, NotPermitted, Unparsable
from crossdock.transport.http import Response

Take = Callable[[], object]


class Reader(Protocol):
    """The I/O half: pages, each with a call that gives up what it decodes to; None where it did not look inside."""

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, Take | None]]: ...

    def close(self) -> None: ...


class Webhooks(Protocol):
    """Who may push, and where it goes."""

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes) -> None: ...

    def route(self, headers: Mapping[str, str], body: bytes) -> str: ...


@dataclass
class Assembled:
    """A connector. `open_reader` is called once a poll; `parse` gets the decoded document."""

    system_type: str
    feeds: Mapping[str, FeedKind]
    parse: Callable[[str, object], Iterator[Record]]
    open_reader: Callable[[], Reader]
    webhooks: Webhooks | None = None
    webhook_secret: str = field(default="", repr=False)
    decode: Callable[[bytes], object] = decode
    _just_read: tuple[bytes, Take] | None = field(default=None, repr=False)

    def pages(self, feed: str, since: dict, until: datetime | None = None) -> Iterator[Page]:
        """Read the feed page by page; see `Connector.pages`."""
        self._known(feed)
        reader = self.open_reader()
        try:
            for page, take in reader.pages(feed, since, until):
                self._just_read = (page.content, take) if take else None
                yield page
        finally:
            self._just_read = None
            reader.close()

    def records(self, feed: str, content: bytes) -> Iterator[Record]:
        """The records of one payload. A page that was just read is not decoded a second time."""
        self._known(feed)
        just_read, self._just_read = self._just_read, None
        data = just_read[1]() if just_read and just_read[0] is content else self.decode(content)
        yield from self.parse(feed, data)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        if self.webhooks is None:
            raise NotPermitted(
                f"{self.system_type} sends no webhooks", hint="poll it, or push with another system type"
            )
        self.webhooks.verify(self.webhook_secret, headers, body)

    def route(self, headers: Mapping[str, str], body: bytes) -> str:
        if self.webhooks is None:
            raise Unparsable(f"{self.system_type} sends no webhooks")
        return self.webhooks.route(headers, body)

    def _known(self, feed: str) -> None:
        if feed not in self.feeds:
            raise Misconfigured(f"{self.system_type} has no feed {feed!r}", hint=f"use one of {', '.join(self.feeds)}")


def page_of(response: Response, cursor: dict | None, server_at: datetime | None) -> tuple[Page, Take]:
    """A page of a poll, and the call that gives up what it decodes to."""
    page = Page(response.content, response.content_type, response.url, cursor=cursor, server_at=server_at)
    return page, response.take


def required(connection, system_type: str):
    """The connection, or Misconfigured: a connector without one only parses."""
    if connection is None:
        raise Misconfigured(f"a {system_type} connector without a connection only parses", hint="name a connection")
    return connection


def secret_of(connection) -> str:
    """The webhook secret of a connection, empty where there is none."""
    return connection.extra.get("webhook_secret", "") if connection else ""


def typed(settings_class: type, settings: Mapping):
    """The settings of one system type out of a partner's settings: only the fields it declares, others are not its."""
    names = settings_class.__dataclass_fields__
    try:
        return settings_class(**{name: settings[name] for name in names if name in settings})
    except (TypeError, ValueError) as error:
        raise Misconfigured(f"settings are wrong: {error}", hint="mend settings in partner.yaml") from None
