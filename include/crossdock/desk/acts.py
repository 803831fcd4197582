"""What people do to a case from the desk: each act with its right, its words, and the function that does it."""

from __future__ import annotations

import psycopg

from crossdock.cases import people
from crossdock.core.errors import Refused
from crossdock.desk.viewer import Viewer
from crossdock.remediation import approvals

FRONT_END = "desk"
LONGEST = 2000
SAID = {
    "assigned": "The case was assigned.",
    "noted": "The note was added.",
    "dismissed": "The case was dismissed.",
    "reopened": "The case was reopened.",
    "approved": "Your approval was recorded.",
    "rejected": "Your rejection was recorded.",
}
"""What the page says after an act; the address carries only the word."""


def queue_roles(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Each queue with the role whose people work it."""
    return connection.execute("select queue, airflow_role from ref.queues").fetchall()


def is_allowed(act: str, viewer: Viewer, right: dict) -> bool:
    """Whether the viewer may do this to the case; `right` is a row of sql/right.sql."""
    if act == "answer":
        return right["approval_id"] is not None and viewer.may_answer(right["may_answer"], right["proposed_by"])
    return viewer.may_work(right["owner_queue"])


def whose(act: str, right: dict) -> str:
    """For whom the act is, in words."""
    if act == "answer":
        return f"people of {', '.join(right['may_answer'] or ['no queue'])} who did not propose it"
    return f"people of the queue {right['owner_queue']}"


def assign(connection: psycopg.Connection, right: dict, viewer: Viewer, form: dict) -> str:
    """Give the case to the login named; an empty one gives it back to its queue."""
    to = _text(form, "to") or None
    people.assign(connection, right["case_id"], to, by=viewer.login, front_end=FRONT_END)
    return "assigned"


def note(connection: psycopg.Connection, right: dict, viewer: Viewer, form: dict) -> str:
    """Write something into the history."""
    text = _needed(form, "text", "a note needs a text")
    people.note(connection, right["case_id"], text, by=viewer.login, front_end=FRONT_END)
    return "noted"


def dismiss(connection: psycopg.Connection, right: dict, viewer: Viewer, form: dict) -> str:
    """Nothing need be done, and why."""
    reason = _needed(form, "reason", "to dismiss a case needs a reason")
    people.dismiss(connection, right["case_id"], reason, by=viewer.login, front_end=FRONT_END)
    return "dismissed"


def reopen(connection: psycopg.Connection, right: dict, viewer: Viewer, form: dict) -> str:
    """Look at a dismissed case after all."""
    reason = _needed(form, "reason", "to reopen a case needs a reason")
    people.reopen(connection, right["case_id"], reason, by=viewer.login, front_end=FRONT_END)
    return "reopened"


def answer(connection: psycopg.Connection, right: dict, viewer: Viewer, form: dict) -> str:
    """Approve the proposed candidate or another, or reject."""
    verdict, asked = _text(form, "verdict"), _text(form, "approval")
    if asked != str(right["approval_id"]):
        raise Refused("this question was answered meanwhile", hint="open the case again")
    if verdict not in ("approve", "reject"):
        raise Refused("say approve or reject")
    approvals.answer(
        connection, right["approval_id"], verdict, viewer.login, viewer.roles, reason=_text(form, "reason") or None,
        front_end=FRONT_END, chosen=_text(form, "chosen") or None if verdict == "approve" else None,
    )  # fmt: skip
    return {"approve": "approved", "reject": "rejected"}[verdict]


ACTS = {"assign": assign, "note": note, "dismiss": dismiss, "reopen": reopen, "answer": answer}


def _text(form: dict, name: str) -> str:
    return form.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _needed(form: dict, name: str, complaint: str) -> str:
    text = _text(form, name)
    if not text:
        raise Refused(complaint, hint="write it into the form and send it again")
    return text
