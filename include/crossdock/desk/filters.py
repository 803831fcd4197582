"""What a list of cases is asked for: read from the address, written back into addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from crossdock.core.errors import Refused
from crossdock.desk.viewer import Viewer
from crossdock.desk.words import SEVERITIES, STATES

LIVING, FINISHED, ALL, OWN = "living", "finished", "all", "own"
NOWHERE = "none"
"""Origin of what names no place."""
PAGE = 50
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """A closed set of choices; what is not among them is refused, not ignored."""

    queue: str = OWN
    state: str = LIVING
    severity: str = ""
    code: str = ""
    mine: bool = False
    text: str = ""
    after: str = ""
    cause: str = ""
    origin: str = ""

    @property
    def is_urgent_first(self) -> bool:
        """Living cases come by their deadline; a list that may hold finished ones by their age."""
        return self.state not in (ALL, FINISHED, "closed", "dismissed")

    def values(self, viewer: Viewer) -> dict:
        """The parameters of sql/page_*.sql but for what the search found. Raises Refused for a broken cursor."""
        return {
            "queues": self._queues(viewer),
            "state": self.state if self.state in STATES else None,
            "finished": self.state == FINISHED,
            "severity": self.severity or None,
            "code": self.code or None,
            "cause": self.cause or None,
            "origin": self.origin or None,
            "assignee": viewer.login if self.mine else None,
            "limit": PAGE + 1,
            **self._cursor(),
        }

    def address(self, **changed: object) -> str:
        """The query string of this filter with these choices changed; always from the first page on."""
        choices = {
            "queue": self.queue, "state": self.state, "severity": self.severity, "code": self.code,
            "mine": "1" if self.mine else "", "q": self.text, "cause": self.cause, "origin": self.origin,
        }  # fmt: skip
        return urlencode({key: value for key, value in (choices | changed).items() if value})

    def next_address(self, last: dict) -> str:
        """The query string of the page behind this row."""
        number = last["case_id"]
        return self.address(after=f"{last['sla_due_at'].isoformat()}~{number}" if self.is_urgent_first else str(number))

    def _queues(self, viewer: Viewer) -> list[str] | None:
        if self.queue == OWN:
            return sorted(viewer.queues) or None
        return None if self.queue == ALL else [self.queue]

    def _cursor(self) -> dict:
        if not self.after:
            return {"after_due": None, "after_id": None}
        due, _, number = self.after.rpartition("~")
        try:
            return {"after_due": datetime.fromisoformat(due) if self.is_urgent_first else None, "after_id": int(number)}
        except ValueError:
            raise Refused("this page's address is broken", hint="go back to the list and page on from there") from None


def read(asked: Mapping[str, str], queues: set[str], codes: set[str], causes: set[str]) -> Filter:
    """The filter an address asks for. A search without further choices looks everywhere. Raises Refused."""
    text = asked.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
    queue = asked.get("queue") or (ALL if text else OWN)
    state = asked.get("state") or (ALL if text else LIVING)
    severity, code, cause = (asked.get(name, "") for name in ("severity", "code", "cause"))
    origin = asked.get("origin", "").replace("\x00", "")[:LONGEST_TEXT] if cause else ""
    _known("queue", queue, queues | {OWN, ALL})
    _known("state", state, STATES.keys() | {LIVING, FINISHED, ALL})
    _known("severity", severity, {"", *SEVERITIES})
    _known("code", code, codes | {""})
    _known("cause", cause, causes | {""})
    after = asked.get("after", "")
    return Filter(queue, state, severity, code, asked.get("mine") == "1", text, after, cause, origin)


def _known(what: str, value: str, known: set[str]) -> None:
    if value not in known:
        raise Refused(f"there is no {what} {value!r}", hint="choose one that the list offers")
