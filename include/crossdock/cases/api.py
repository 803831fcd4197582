"""What the worker, DAGs, the command line and the desk call of the cases."""

from __future__ import annotations

from crossdock.cases.audit import head, keep_head, verify
from crossdock.cases.drain import Drained, Drains, drain
from crossdock.cases.look import Which, find, show
from crossdock.cases.people import assign, dismiss, must_work, note, reopen

__all__ = [
    "Drained",
    "Drains",
    "Which",
    "assign",
    "dismiss",
    "drain",
    "find",
    "head",
    "keep_head",
    "must_work",
    "note",
    "reopen",
    "show",
    "verify",
]
