"""Read the playbooks that come with the package, and check that every command in them exists."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from crossdock.connectors.base import command_kinds
from crossdock.core.errors import Misconfigured
from crossdock.edi import commands as edi
from crossdock.remediation.playbooks.model import Playbook, Step
from crossdock.remediation.source import MEND, read

FOLDER = Path(__file__).parent
AGREED = {
    "shopify": {"set_promise": "set_promise", "update_tracking": "update_tracking"},
    "zendesk": {"open_ticket": None, "comment": None, "solve": None},
}
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
    system_type, _, name = command.partition(".")
    known = _undos(system_type)
    if name not in known:
        raise Misconfigured(
            f"{system_type} cannot be told to {name}", hint=f"it knows {', '.join(sorted(known)) or 'no command'}"
        )
    return f"{system_type}.{known[name]}" if known[name] else None


def _undos(system_type: str) -> dict[str, str | None]:
    kinds = edi.COMMANDS if system_type == EDI else command_kinds(system_type)
    return {name: kind.undo for name, kind in kinds.items()} or AGREED.get(system_type, {})


def _check_step(given: Playbook, step: Step) -> None:
    where = f"playbook {given.playbook}, step {step.name}"
    try:
        declared = undo_of(step.command)
        if step.undo and step.undo.command:
            undo_of(step.undo.command)
    except Misconfigured as error:
        raise Misconfigured(f"{where}: {error}", hint=error.hint) from None
    if step.undo and not (step.undo.command or declared):
        raise Misconfigured(f"{where}: nothing takes {step.command} back", hint="say why in no_undo")
