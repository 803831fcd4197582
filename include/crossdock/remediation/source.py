"""Policies and playbooks are YAML: read into a model, what is wrong named by file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from crossdock.core.errors import Misconfigured

MEND = "mend the file, then run `crossdock policy check`"


class Strict(BaseModel):
    """Unknown fields are mistakes; a value that was read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Strict)


def read(path: Path, model: type[Model]) -> Model:
    """The file as `model`. Raises Misconfigured, naming line and field of the first mistake."""
    text = path.read_text()
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise wrong(path, mark.line + 1 if mark else 1, str(getattr(error, "problem", error))) from None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # misspelt before missing
        field = ".".join(str(part) for part in first["loc"])
        raise wrong(path, _line(text, first["loc"]), f"{field or 'the file'}: {first['msg']}") from None


def wrong(path: Path, line: int, what: str) -> Misconfigured:
    """The error for a mistake in a file."""
    return Misconfigured(f"{path}, line {line}, {what}", hint=MEND)


def _line(text: str, where: tuple) -> int:
    """The line of the deepest node on the way to a field; what is missing has the line of its parent."""
    node, line = yaml.compose(text), 1
    for part in where:
        found = _child(node, part)
        if found is None:
            continue  # a union's label in the path, or a field that is not there
        line, node = found
    return line


def _child(node: yaml.Node | None, part: object) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None
