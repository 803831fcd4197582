"""Read the playbooks that come with the package, and check that every command in them exists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from crossdock.connectors.base import CommandKind, command_kinds
from crossdock.core.errors import Misconfigured
from crossdock.edi import commands as edi
from crossdock.remediation.playbooks.model import Playbook, Step
from crossdock.remediation.source import MEND, read

FOLDER = Path(__file__).parent
EDI = "x12"
"""Its commands are those of the EDI room: what we sent is a row there before it is a file at a partner."""


@cache
def playbooks() -> dict[str, Playbook]:
    """Every playbook by name; a process reads each file once. Raises Misconfigured."""
    found = [read(path, Playbook) for path in sorted(FOLDER.glob("*.yaml"))]
    for playbook in found:
        check(playbook)
    return {playbook.playbook: playbook for playbook in found}


def playbook(name: str) -> Playbook:
    """One of them. Raises Misconfigured where there is none of that name."""
    if name not in playbooks():
        raise Misconfigured(f"there is no playbook {name!r}", hint=f"use one of {', '.join(playbooks())}")
    return playbooks()[name]


def version(given: Playbook) -> str:
    """Twelve hex digits that change with the playbook's content."""
    text = json.dumps(given.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def check(given: Playbook) -> None:
    """Every command exists, and where it has an undo the step uses it or says why not. Raises Misconfigured."""
    names = [step.name for step in given.every_step()]
    if len(set(names)) < len(names):
        raise Misconfigured(f"playbook {given.playbook}: two steps have one name", hint=MEND)
    for step in given.every_step():
        _check_step(given, step)


def undo_of(command: str) -> str | None:
    """The command that takes `<system_type>.<command>` back, by its full name; None where nothing does.

    Raises Misconfigured where a system of that type knows no such command.
    """
    undo = kind_of(command).undo
    return f"{command.partition('.')[0]}.{undo}" if undo else None


def kind_of(command: str) -> CommandKind:
    """What is declared of `<system_type>.<command>`. Raises Misconfigured where there is no such command."""
    system_type, _, name = command.partition(".")
    kinds = edi.COMMANDS if system_type == EDI else command_kinds(system_type)
    if name not in kinds:
        raise Misconfigured(
            f"{system_type} cannot be told to {name}", hint=f"it knows {', '.join(sorted(kinds)) or 'no command'}"
        )
    return kinds[name]


def _check_step(given: Playbook, step: Step) -> None:
    where = f"playbook {given.playbook}, step {step.name}"
    try:
        _check_payload(step.command, step.payload)
        if step.undo:
            _check_payload(_undo(step), step.undo.payload)
    except Misconfigured as error:
        raise Misconfigured(f"{where}: {error}", hint=error.hint) from None


def _undo(step: Step) -> str:
    undo = step.undo.command or undo_of(step.command)
    if undo is None:
        raise Misconfigured(f"nothing takes {step.command} back", hint="say why in no_undo")
    return undo


def _check_payload(command: str, payload: Mapping) -> None:
    kind = kind_of(command)
    lacking, unknown = set(kind.needs) - set(payload), set(payload) - {*kind.needs, *kind.may}
    if kind.needs and (lacking or unknown):
        raise Misconfigured(
            f"the payload of {command} lacks {sorted(lacking)} and has unknown {sorted(unknown)}",
            hint=f"it needs {', '.join(kind.needs)} and may say {', '.join(kind.may) or 'nothing else'}",
        )
