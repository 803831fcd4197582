"""References to what an earlier step answered: `{"$reply": {"step": 2, "path": "delivery"}}`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from crossdock.core.errors import Misconfigured, Refused
from crossdock.remediation.plan import REPLY


def resolved(value: Any, replies: Mapping[int, dict | None]) -> Any:
    """`value` with every reference replaced. Raises Refused where the step's reply does not hold what is asked."""
    return _replaced(value, lambda step, path: _found(replies, step, path))


def shifted(value: Any, by: int) -> Any:
    """`value` with every reference moved by so many steps."""
    return _replaced(value, lambda step, path: {REPLY: {"step": step + by, "path": path}})


def steps_in(value: Any) -> Iterator[int]:
    """The steps whose replies `value` refers to."""
    if isinstance(value, dict) and REPLY in value:
        yield value[REPLY]["step"]
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from steps_in(item)


def _replaced(value: Any, replace: Callable[[int, str], Any]) -> Any:
    if isinstance(value, dict) and REPLY in value:
        return replace(value[REPLY]["step"], value[REPLY]["path"])
    if isinstance(value, dict):
        return {key: _replaced(item, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, replace) for item in value]
    return value


def _found(replies: Mapping[int, dict | None], step: int, path: str) -> Any:
    try:
        value = jmespath.search(path, replies.get(step))
    except JMESPathError as error:
        raise Misconfigured(f"{path!r} is not JMESPath: {error}", hint="mend the playbook") from None
    if value is None and path not in (replies.get(step) or {}):  # a value that was empty before is put back as such
        raise Refused(f"step {step} did not answer with {path!r}", hint="look at its reply: `crossdock actions show`")
    return value
