"""What a playbook may say."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from crossdock.remediation.source import Strict


class Need(Strict):
    """Something that must hold before the playbook may be used; `otherwise` is said where it does not."""

    must: str
    """JMESPath over {facts}; what is empty, null or false does not hold."""
    otherwise: str


class Target(Strict):
    """What a system must show afterwards."""

    partner: str
    """A role: erp, warehouse, carrier, shop, edi, service_desk."""
    kind: str
    id: Any
    expect: dict[str, Any]
    """JMESPath over what is read → the value it must have."""
    when: str | None = None
    """JMESPath; nothing is expected where it does not hold."""
    within: str | None = None
    """How long that may take, in business time, as it is or `=` and JMESPath; none: it must be so at once."""
    while_found: bool = False
    """Whether it must be so only as long as the exception is found: a safeguard, which somebody may lift afterwards."""


class Undo(Strict):
    """What takes a step back. Without a command, the one that the connector declares."""

    command: str | None = None
    payload: dict[str, Any]


class Step(Strict):
    """One command to one partner."""

    name: str
    command: str = Field(pattern=r"^[a-z0-9_]+\.[a-z_]+$")
    partner: str
    when: str | None = None
    """JMESPath; the step is left out where it does not hold."""
    payload: dict[str, Any]
    target: tuple[Target, ...] = ()
    undo: Undo | None = None
    no_undo: str | None = None
    """Why nothing takes it back."""

    @model_validator(mode="after")
    def _undo_or_why_not(self) -> Step:
        if (self.undo is None) == (self.no_undo is None):
            raise ValueError("say what takes it back (undo) or why nothing does (no_undo)")
        return self


class Each(Strict):
    """Steps that are taken for every item of a list, in turn; the item is `each`."""

    each: str
    steps: tuple[Step, ...] = Field(min_length=1)


class Message(Strict):
    """What people are told; text with `{{ }}`."""

    subject: str
    body: str


class Playbook(Strict):
    """One playbook."""

    playbook: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    doc: str
    clears: bool
    """Whether the exception goes away once it is repaired; where it is a fact, the target state verifies it."""
    facts_forever: tuple[str, ...] = ()
    """Exceptions of this playbook that stay facts although the playbook clears others."""
    candidates: str
    """The generator in `remediation.candidates`."""
    quotes: bool = False
    """Whether carriers must be asked for rates first."""
    shares_stock: bool = False
    """Whether candidates take stock that other decisions may want."""
    needs: tuple[Need, ...] = ()
    message: Message | None = None
    question: str | None = None
    """What a person is asked, where one must agree; text with `{{ }}`."""
    steps: tuple[Step | Each, ...] = Field(min_length=1)

    def clears_exception(self, code: str) -> bool:
        """Whether the exception itself goes away once this playbook has repaired it."""
        return self.clears and code not in self.facts_forever

    def every_step(self) -> list[Step]:
        """All steps, those inside `each` too."""
        return [step for part in self.steps for step in (part.steps if isinstance(part, Each) else (part,))]
