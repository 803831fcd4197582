"""Values out of data: `=choice.delivery` is JMESPath, `Order {{ facts.order.ref }}` is text with values in it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from crossdock.core.errors import Misconfigured
from crossdock.remediation.plan import REPLY

_HOLE = re.compile(r"\{\{(.+?)\}\}")


@cache
def _compiled(expression: str) -> jmespath.parser.ParsedResult:
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise Misconfigured(f"{expression!r} is not JMESPath: {error}", hint="mend the playbook") from None


def look_up(expression: str, scope: dict) -> Any:
    """The value of a JMESPath expression. Raises Misconfigured where it cannot be evaluated."""
    try:
        return _compiled(expression).search(scope)
    except JMESPathError as error:
        raise Misconfigured(f"{expression!r} cannot be evaluated: {error}", hint="mend the playbook") from None


def text(template: str, scope: dict) -> str:
    """Text with its holes filled; what is unknown is left out."""

    def fill(hole: re.Match) -> str:
        value = look_up(hole.group(1).strip(), scope)
        return "" if value is None else str(value)

    return _HOLE.sub(fill, template)


def filled(template: Any, scope: dict, numbers: dict[str, int]) -> Any:
    """A template with all its values. Keys whose value is unknown are left out.

    `{$reply: {step: <name or self>, path: …}}` becomes a reference to the number that the step has in the plan.
    """
    if isinstance(template, str):
        return look_up(template[1:], scope) if template.startswith("=") else text(template, scope)
    if isinstance(template, list | tuple):
        return [filled(item, scope, numbers) for item in template]
    if isinstance(template, dict) and REPLY in template:
        given = template[REPLY]
        return {REPLY: {"step": numbers[given["step"]], "path": given["path"]}}
    if isinstance(template, dict):
        pairs = ((filled(key, scope, numbers), filled(value, scope, numbers)) for key, value in template.items())
        return {key: value for key, value in pairs if value is not None}
    return template
