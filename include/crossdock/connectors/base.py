"""What a connector is: the one face that landing, the inbox and the partner tools know.

Each system type is a folder beside this file. Its `__init__` declares `FEEDS` (what it can read) and
`connect(connection, settings, gate)` (which makes the connector): that registers it, no list is edited.
`connection` is None where only parsing is wanted (replay, partner check): nothing is then called.

A folder whose system can be told something also declares `COMMANDS` (what it can be told) and
`command(connection, settings, gate)` (which makes the `Commands`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Literal, Protocol

import crossdock.connectors
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured
from crossdock.transport.gate import Gate, OpenGate

Mode = Literal["poll", "snapshot", "push", "file"]


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one object, as the source gave it."""

    native_id: str
    payload: bytes
    """Compact JSON (UTF-8), the same bytes for the same content."""
    changed_at: datetime | None
    """When the source says that this version came to be (with time zone); None where it does not say."""


@dataclass(frozen=True, slots=True)
class Page:
    """One payload verbatim: a page of a poll, a file, a webhook's body."""

    content: bytes
    content_type: str
    source_ref: str
    """URL or file name without secrets."""
    headers: dict[str, str] | None = None
    cursor: dict | None = None
    """What to store once this page is landed; the next poll starts from it. None: keep the old one."""
    server_at: datetime | None = None
    """The source's own clock when this poll began: what had changed by then is in the pages of the poll."""


@dataclass(frozen=True, slots=True)
class FeedKind:
    """How a feed is read."""

    mode: Mode
    """poll: by change time · snapshot: whole state, compared · push: webhooks only · file: dropped files."""
    key: str
    """The source's field (or fields) that native_id is made of, for people."""
    pushed: bool = False
    """Whether webhooks bring records of it too."""
    doc: str = ""


class Connector(Protocol):
    """Reads one system. Pages come one at a time; a connector never holds more than one of them."""

    system_type: str
    feeds: Mapping[str, FeedKind]

    def pages(self, feed: str, since: dict, until: datetime | None = None) -> Iterator[Page]:
        """What changed after `since`, up to `until`. Raises Retriable, Refused or Misconfigured.

        `since` is the cursor of the last landed page, `{}` for everything, or `{"from": "<ISO time>"}` for
        a window.
        """

    def records(self, feed: str, content: bytes) -> Iterator[Record]:
        """The records of one payload; pure. Raises Unparsable, and nothing else, for any bytes whatever."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise NotPermitted unless the signature proves that the partner sent this body."""

    def route(self, headers: Mapping[str, str], body: bytes) -> str:
        """The feed that a webhook belongs to. Raises Unparsable when it belongs to none."""


@dataclass(frozen=True, slots=True)
class CommandKind:
    """One thing that a system can be told."""

    doc: str
    """What it does, in one sentence, for people."""
    undo: str | None = None
    """The command of the same system that takes it back; None where nothing does."""
    needs: tuple[str, ...] = ()
    """What its payload must say."""
    may: tuple[str, ...] = ()
    """What its payload may say beside that."""
    replies: tuple[str, ...] = ()
    """What its reply says."""


class Commands(Protocol):
    """Writes to one system, and reads single objects of it afresh. Each implementation documents its shapes.

    Every write reads first and writes only what differs, so that a command whose effect is already there succeeds
    with the reply that its first call would have given.
    """

    def do(self, command: str, payload: dict, *, idempotency_key: str) -> dict:
        """Carry out `command` (a name without its system) and return its reply: ids made, values there before.

        Raises Retriable (the outcome may be unknown: the same call settles it), Refused or Misconfigured.
        """

    def read(self, kind: str, object_id: str) -> dict | None:
        """The object as the system shows it now: small, flat, documented; None if it is not there.

        Raises Retriable, Refused or Misconfigured.
        """

    def close(self) -> None: ...


@cache
def system_types() -> tuple[str, ...]:
    """The names of all connectors: the folders beside this file."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(crossdock.connectors.__path__) if m.ispkg))


def _module(system_type: str) -> ModuleType:
    if system_type not in system_types():
        raise Misconfigured(
            f"there is no connector for system type {system_type!r}",
            hint=f"use one of {', '.join(system_types())}, or add the folder connectors/{system_type}",
        )
    return importlib.import_module(f"{crossdock.connectors.__name__}.{system_type}")


def feeds_of(system_type: str) -> Mapping[str, FeedKind]:
    """The feeds that a system type offers, without connecting to anything."""
    return _module(system_type).FEEDS


def connector_for(
    system_type: str,
    connection: Connection | None = None,
    settings: Mapping | None = None,
    *,
    gate: Gate | None = None,
) -> Connector:
    """The connector for a partner's system. `settings` are the partner's (and feed's), `gate` its budget."""
    return _module(system_type).connect(connection, dict(settings or {}), gate or OpenGate())


def command_kinds(system_type: str) -> Mapping[str, CommandKind]:
    """What a system of this type can be told, by name; empty where it only reads."""
    return getattr(_module(system_type), "COMMANDS", {})


def commands_for(
    system_type: str,
    connection: Connection,
    settings: Mapping | None = None,
    *,
    gate: Gate | None = None,
) -> Commands:
    """The commands of a partner's system; close them after use. Raises Misconfigured where it takes none."""
    module = _module(system_type)
    if not command_kinds(system_type):
        raise Misconfigured(f"a system of type {system_type!r} takes no commands", hint="its connector only reads")
    return module.command(connection, dict(settings or {}), gate or OpenGate())
