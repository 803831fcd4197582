"""Commands put together from the parts of a connector's folder: a session (I/O), what runs each command, what reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Generic, Protocol, TypeVar

from crossdock.connectors.base import CommandKind
from crossdock.core.errors import Misconfigured, Missing, Refused


class Session(Protocol):
    """An open way to one system."""

    def close(self) -> None: ...


S = TypeVar("S", bound=Session)
Run = Callable[[S, dict, str], dict]
"""(session, payload, idempotency key) → reply."""
Read = Callable[[S, str], dict | None]


@dataclass
class Telling(Generic[S]):
    """The commands of one system: see `connectors.base.Commands`."""

    system_type: str
    kinds: Mapping[str, CommandKind]
    runs: Mapping[str, Run]
    reads: Mapping[str, Read]
    session: S = field(repr=False)

    def do(self, command: str, payload: dict, *, idempotency_key: str) -> dict:
        """Carry out a command: see `Commands.do`. Raises Misconfigured for a payload that it cannot take."""
        if command not in self.kinds:
            raise Misconfigured(
                f"{self.system_type} has no command {command!r}", hint=f"use one of {', '.join(self.kinds)}"
            )
        kind = self.kinds[command]
        lacking = [name for name in kind.needs if payload.get(name) is None]
        unknown = sorted(set(payload) - set(kind.needs) - set(kind.may))
        if lacking or unknown:
            raise Misconfigured(
                f"{self.system_type}.{command}: its payload lacks {lacking} and has unknown {unknown}",
                hint=f"it needs {', '.join(kind.needs)} and may say {', '.join(kind.may) or 'nothing else'}",
            )
        return self.runs[command](self.session, payload, idempotency_key)

    def read(self, kind: str, object_id: str) -> dict | None:
        """The object as it is shown now: see `Commands.read`."""
        if kind not in self.reads:
            raise Misconfigured(
                f"{self.system_type} has no {kind!r} to read", hint=f"use one of {', '.join(self.reads)}"
            )
        return self.reads[kind](self.session, object_id)

    def close(self) -> None:
        self.session.close()


def if_there(read: Callable[[], dict]) -> dict | None:
    """What `read` gives, None where the system has no such object."""
    try:
        return read()
    except Missing:
        return None


def entity(data: object, *path: str) -> dict:
    """The object at `path` of an answer. Raises Refused for an answer of another shape."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        raise Refused(f"the answer has no object {'.'.join(path)}", hint="check the service's version")
    return data


def number(given: object) -> int | float | None:
    """A quantity out of a document: an int where it is whole, None where there is none."""
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def money(given: object) -> str | None:
    """An amount as text with at least two places (`129.00`, `4.3333`), whatever zeros the system writes."""
    try:
        value = Decimal(str(given)).normalize()
    except InvalidOperation:
        return None
    return f"{value:f}" if value.as_tuple().exponent < -2 else f"{value:.2f}"


def same_number(left: object, right: object) -> bool:
    """Whether both are numbers, and the same one."""
    return number(left) is not None and number(left) == number(right)


def previous(payload: dict, found: object, *, is_so_already: bool) -> object:
    """What was there before: what is found, or what the payload knows of it once our change has been made."""
    return payload.get("previous", found) if is_so_already else found
