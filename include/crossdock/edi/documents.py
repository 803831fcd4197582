"""A file's interchanges, each with all its sets and the verdicts on them: what answers and records are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from crossdock.edi.syntax.check import check_set
from crossdock.edi.verdict import REJECTED, group_verdict, verdict, worst
from crossdock.edi.x12.model import Fault, Group, Interchange, Outside, TransactionSet
from crossdock.edi.x12.reader import read
from crossdock.edi.x12.segments import segments


@dataclass(slots=True)
class JudgedSet:
    """A transaction set with what its 997 would say of it."""

    set: TransactionSet
    segments: list[list[str]]
    faults: list[Fault]
    """Control faults first, then segments and elements in order."""

    @property
    def verdict(self) -> str:
        return verdict(self.faults)

    @property
    def fault(self) -> Fault | None:
        """Why it may not flow: of the interchange, of its group or its own; None when it may."""
        group = self.set.group.faults if self.set.group else ()
        for faults in (self.set.interchange.faults, group, self.faults):
            if verdict(faults) == REJECTED:
                return worst(faults)
        return None


@dataclass(slots=True)
class Document:
    """One interchange, whole."""

    interchange: Interchange
    groups: list[Group] = field(default_factory=list)
    sets: list[JudgedSet] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Of the envelope: what a TA1 says."""
        return verdict(self.interchange.faults)

    def of_group(self, group: Group) -> list[JudgedSet]:
        """The sets of a group, in order."""
        return [judged for judged in self.sets if judged.set.group is group]

    def group_verdict(self, group: Group) -> str:
        """What AK9 says."""
        return group_verdict(group.faults, (judged.verdict for judged in self.of_group(group)))

    def digest(self, content: bytes) -> str:
        """Twelve hexadecimal digits of the interchange's bytes, line ends between segments included."""
        own = content[self.interchange.offset : self.interchange.end]
        return hashlib.sha256(own if "wrapped" not in "".join(self.interchange.notes) else content).hexdigest()[:12]


def documents(content: bytes) -> Iterator[Document | Outside]:
    """Every interchange of a file, and what belongs to none. Never raises for any bytes whatever."""
    groups: list[Group] = []
    sets: list[JudgedSet] = []
    for event in read(content):
        match event:
            case TransactionSet():
                split = segments(event)
                sets.append(JudgedSet(event, split, [*event.faults, *check_set(event, split)]))
            case Group():
                groups.append(event)
            case Interchange():
                yield Document(event, groups, sets)
                groups, sets = [], []
            case _:
                yield event
