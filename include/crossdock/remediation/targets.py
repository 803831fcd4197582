"""What must be true afterwards, held against what a system shows.

A target is `{partner_id, kind, id, expect: {JMESPath: value}, within?, while_found?}`; `within` is an interval of
business time, `while_found` says that it must be so only as long as the exception is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from crossdock.connectors.base import Commands
from crossdock.core.errors import Misconfigured

OpenCommands = Callable[[str], Commands]
"""The open face of a partner's system, by partner id."""


def read(open_commands: OpenCommands, target: Mapping) -> dict | None:
    """The object as its system shows it now; None when it is not there. Raises what the system's face raises."""
    return open_commands(target["partner_id"]).read(target["kind"], str(target["id"]))


def seen(expect: Mapping[str, Any], shown: dict | None) -> dict | None:
    """What stands where something is expected, by the same paths; None when the object is not there."""
    return None if shown is None else {path: _at(path, shown) for path in expect}


def agrees(expect: Mapping[str, Any], found: Mapping[str, Any] | None) -> bool:
    """Whether everything is as expected. Quantities are compared as numbers, also where they are text."""
    return found is not None and all(_is(value, found[path]) for path, value in expect.items())


def _at(path: str, shown: dict) -> Any:
    try:
        return jmespath.search(path, shown)
    except JMESPathError as error:
        raise Misconfigured(f"{path!r} cannot be looked up: {error}", hint="mend the playbook's target") from None


def _is(expected: Any, found: Any) -> bool:
    if expected == found:
        return True
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(_is, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(_is(value, found[key]) for key, value in expected.items())
    numbers = _number(expected), _number(found)
    return None not in numbers and numbers[0] == numbers[1]


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
