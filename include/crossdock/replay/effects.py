"""What a replay does, or would do: rows, quarantine, exceptions, cases, messages. Compared by a hash: the plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

KINDS = ("rows", "quarantine", "detections", "cases", "documents", "actions")
UNSTEADY = {"case_id", "title", "reason"}
"""What may be called otherwise in another run and means the same."""
OUR_TIMES = {"edi_documents": {"occurred_at"}, "edi_acknowledgements": {"expected_at"}}
"""Columns that say when we wrote something; `known_at` does everywhere. They are shown, and no part of the plan."""


class Effects:
    """Things that happen, each a JSON object, each once. By kind:

    `rows`: model, order, key, change (added, removed, changed), columns {name: [before, after]};
    `quarantine`: change (sets aside, lets go), partner, feed, native_id, part, rule, field, value;
    `detections`: change (opens, clears, changes), code, subject, order;
    `cases`: change (the event of its history that moved it), code, subject, order, title, case_id;
    `documents`: document_type, partner, order, key, already_sent, state;
    `actions`: command, partner, order, code, subject, step, outcome, already_sent, reason.
    """

    def __init__(self) -> None:
        self.found: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}

    def note(self, kind: str, items: Iterable[dict]) -> None:
        for item in items:
            self.found[kind].setdefault(digest(kind, item), item)

    def add(self, other: Effects) -> None:
        """Take over another batch's; what both did to one thing is told once."""
        for kind, items in other.found.items():
            for key, item in items.items():
                self.found[kind].setdefault(key, item)

    def of(self, kind: str) -> list[dict]:
        return list(self.found[kind].values())

    def digests(self) -> set[str]:
        """One a thing that happens."""
        return {key for items in self.found.values() for key in items}

    @property
    def plan(self) -> str:
        """Names these effects, in twelve characters."""
        return hashlib.sha256("\n".join(sorted(self.digests())).encode()).hexdigest()[:12]

    def messages(self, *, already_sent: bool) -> Iterator[dict]:
        """EDI documents and commands, by whether they are known to have gone out before."""
        return (m for kind in ("documents", "actions") for m in self.of(kind) if m["already_sent"] is already_sent)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each; `messages` are those that have not been sent before."""
        made = {kind: len(self.found[kind]) for kind in ("rows", "quarantine")}
        for change in ("opens", "clears", "changes"):
            made[f"detections_{change}"] = sum(item["change"] == change for item in self.of("detections"))
        made["cases_opened"] = sum(item["change"] == "open" for item in self.of("cases"))
        made["cases_moved"] = len(self.found["cases"]) - made["cases_opened"]
        made["messages"] = sum(1 for _ in self.messages(already_sent=False))
        made["messages_already_sent"] = sum(1 for _ in self.messages(already_sent=True))
        return made

    def as_json(self) -> dict[str, list[dict]]:
        return {kind: self.of(kind) for kind in KINDS}


def digest(kind: str, item: dict) -> str:
    """The same for the same thing in another run."""
    told = {name: value for name, value in item.items() if name not in UNSTEADY}
    if kind == "rows":
        ours = OUR_TIMES.get(item["model"], set()) | {"known_at"}
        told["columns"] = {name: value for name, value in item["columns"].items() if name not in ours}
    return hashlib.sha256(json.dumps([kind, told], sort_keys=True, default=str).encode()).hexdigest()
