"""Find contracts, read them, refuse what is not one. Cached: a process reads each file once.

`odcs-3.1.0.schema.json` is the standard's own JSON Schema, of the Bitol project of the Linux Foundation (Apache-2.0).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import yaml
from pydantic import ValidationError

from crossdock.contracts.model import Contract
from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings

STANDARD = Path(__file__).with_name("odcs-3.1.0.schema.json")


@cache
def _standard() -> jsonschema.Draft201909Validator:
    schema = json.loads(STANDARD.read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def parse(text: str, ref: str) -> Contract:
    """A contract from YAML. Raises Misconfigured, naming the place, where the standard or our use of it is broken."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Misconfigured(f"contract {ref} is not YAML: {error}", hint="mend the file, then run again") from None
    wrong = next(iter(sorted(_standard().iter_errors(given), key=lambda e: list(map(str, e.absolute_path)))), None)
    if wrong is not None:
        where = "/".join(map(str, wrong.absolute_path)) or "the top"
        raise Misconfigured(
            f"contract {ref} breaks ODCS 3.1 at {where}: {wrong.message}", hint="mend the file, then run again"
        )
    try:
        return Contract.model_validate({**given, "ref": ref})
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"]))
        raise Misconfigured(f"contract {ref}, {where}: {first['msg']}", hint="mend the file, then run again") from None


def read(path: Path, ref: str | None = None) -> Contract:
    """A contract from any file; its ref is the last folder and the file's name."""
    return parse(path.read_text(), ref or f"{path.parent.name}/{path.name.removesuffix('.yaml')}")


@cache
def load(ref: str) -> Contract:
    """The contract `<system>/<feed>.v<N>` of the project."""
    path = settings().expectations_dir / f"{ref}.yaml"
    if not path.is_file():
        raise Misconfigured(f"no contract {ref}", hint=f"write {path}, or name another contract in the partner's feed")
    return read(path, ref)


def refs() -> list[str]:
    """Every contract of the project, by name."""
    root = settings().expectations_dir
    return sorted(str(path.relative_to(root)).removesuffix(".yaml") for path in root.glob("*/*.v*.yaml"))


def all_contracts() -> list[Contract]:
    """Every contract of the project."""
    return [load(ref) for ref in refs()]
