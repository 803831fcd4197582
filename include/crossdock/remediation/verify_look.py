"""One look at a case: what its repair was to bring about, held against what the systems show now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import CrossdockError, Refused
from crossdock.remediation import replies, targets
from crossdock.remediation.playbooks.files import playbook
from crossdock.remediation.targets import OpenCommands

SQL = Path(__file__).parent / "sql"
TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One target of one action, references resolved; `expect` without what a later action has changed since."""

    action_id: int
    step: int
    target: dict
    expect: dict
    due_at: datetime
    """Business time by which it must be so."""

    @property
    def place(self) -> tuple[str, str, str]:
        return self.target["partner_id"], self.target["kind"], str(self.target["id"])

    @property
    def is_safeguard(self) -> bool:
        """Whether it must be so only as long as the exception is found."""
        return bool(self.target.get("while_found"))

    @property
    def words(self) -> str:
        partner_id, kind, object_id = self.place
        return f"{kind} {object_id} at {partner_id}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a system showed of an expectation; `error` where it could not be read."""

    expectation: Expectation
    seen: dict | None = None
    error: str | None = None

    @property
    def agrees(self) -> bool:
        return self.error is None and targets.agrees(self.expectation.expect, self.seen)


@dataclass(frozen=True, slots=True)
class Looked:
    """The verdict. `wait`: it may yet come; `lost`: it can be neither proved nor disproved any longer."""

    verdict: Literal["agrees", "waits", "disagrees", "lost"]
    why: str
    readings: list[Reading] = field(default_factory=list)
    of_people: bool = False
    """Whether it is people who are waited for."""

    @property
    def disagreeing(self) -> dict[int, str]:
        """The actions that did not come about, each with what is seen instead."""
        return {
            one.expectation.action_id: f"{one.expectation.words} shows {one.seen}"
            for one in self.readings
            if not one.agrees and one.error is None
        }


def load(connection: psycopg.Connection, case_id: int) -> dict:
    """The case as `sql/case_to_look_at.sql` describes it, its `actions` and the `spans` that they name."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        case = cursor.execute((SQL / "case_to_look_at.sql").read_text(), {"case_id": case_id}).fetchone()
        given = {"case_id": case_id, "attempt": case["attempt"]}
        rows = cursor.execute((SQL / "actions_to_look_at.sql").read_text(), given).fetchall()
        spans = dict(connection.execute(_SPANS, [_withins(rows)]).fetchall())
    return case | {"actions": rows, "spans": spans}


def expectations(rows: list[dict], spans: dict[str, timedelta]) -> list[Expectation]:
    """What the actions marked `is_own` were to bring about. Raises Refused where a reply lacks what a target names.

    `rows` are in the order of acknowledgement: where two speak of the same thing, the later one counts.
    """
    found: list[Expectation] = []
    for row in rows:
        for target in _targets(row):
            due_at = row["acknowledged_as_of"] + spans.get(target.get("within"), timedelta())
            new = Expectation(row["action_id"], row["step"], target, target["expect"], due_at)
            found = [_without(one, new) for one in found] + [new]
    own = {row["action_id"] for row in rows if row["is_own"]}
    return [one for one in found if one.action_id in own and one.expect]


def look(case: dict, open_commands: OpenCommands) -> Looked:
    """Read every system involved and judge. No transaction may be open: this calls outside."""
    try:
        return _look(case, open_commands)
    except CrossdockError as error:
        return Looked("lost" if _is_out_of_patience(case) else "waits", str(error))


def _look(case: dict, open_commands: OpenCommands) -> Looked:
    shown: dict[tuple, dict | CrossdockError | None] = {}
    found = [
        one for one in expectations(case["actions"], case["spans"]) if case["open_symptoms"] or not one.is_safeguard
    ]
    readings = [_read(one, shown, open_commands) for one in found]
    for judge in (_disagreement, _unreadable, _still_coming, _symptoms, _nothing_to_prove):
        if verdict := judge(case, readings):
            return replace(verdict, readings=readings)
    return Looked("agrees", f"{len(readings)} expectations were read again and hold", readings)


_SPANS = "select text, text::interval from unnest(%s::text[]) as given (text)"


def _withins(rows: list[dict]) -> list[str]:
    return list({target["within"] for row in rows for target in row["target"] if target.get("within")})


def _targets(row: dict) -> list[dict]:
    """The targets of an action; of others than our own only those that can be resolved."""
    answered = {int(step): reply for step, reply in row["replies"].items()}
    try:
        return replies.resolved(row["target"], answered)
    except Refused:
        if row["is_own"]:
            raise
        return []


def _without(old: Expectation, new: Expectation) -> Expectation:
    """What remains to be expected of `old` after a later action set out to change the same."""
    if old.place != new.place:
        return old
    return replace(old, expect={path: value for path, value in old.expect.items() if path not in new.expect})


def _read(one: Expectation, shown: dict[tuple, dict | CrossdockError | None], open_commands: OpenCommands) -> Reading:
    if one.place not in shown:
        try:
            shown[one.place] = targets.read(open_commands, one.target)
        except CrossdockError as error:
            shown[one.place] = error
    there = shown[one.place]
    if isinstance(there, CrossdockError):
        return Reading(one, error=str(there))
    return Reading(one, targets.seen(one.expect, there))


def _disagreement(case: dict, readings: list[Reading]) -> Looked | None:
    """A system that shows something else, and has had its time; a repair that held once gets no more time."""
    wrong = [
        one
        for one in readings
        if not one.agrees and not one.error and (case["state"] == "resolved" or one.expectation.due_at <= case["now"])
    ]
    if not wrong:
        return None
    return Looked("disagrees", "; ".join(f"{one.expectation.words} shows {one.seen}" for one in wrong))


def _unreadable(case: dict, readings: list[Reading]) -> Looked | None:
    dark = [one for one in readings if one.error]
    if not dark:
        return None
    why = f"{dark[0].expectation.words} cannot be read: {dark[0].error}"
    return Looked("lost" if _is_out_of_patience(case) else "waits", why)


def _still_coming(case: dict, readings: list[Reading]) -> Looked | None:
    coming = [one for one in readings if not one.agrees]
    if not coming:
        return None
    of_people = all(one.expectation.target["kind"] == TICKET for one in coming)
    return Looked("waits", f"{coming[0].expectation.words} is not there yet: {coming[0].seen}", of_people=of_people)


def _symptoms(case: dict, readings: list[Reading]) -> Looked | None:
    """The exception itself: it must have gone, unless it is a fact that no repair can undo."""
    left = _clearing(case, case["open_symptoms"])
    if not left:
        return None
    names = ", ".join(left)
    if case["state"] == "resolved":
        return Looked("disagrees", f"{names} was found again")
    if not case["is_read_since"]:
        why = f"{names} is not cleared; the systems' feeds have not been read since the repair"
        return Looked("lost" if _is_out_of_patience(case) else "waits", why)
    why = f"{names} is still found, though every system shows the repair"
    return Looked("disagrees" if _is_out_of_patience(case) else "waits", why)


def _nothing_to_prove(case: dict, readings: list[Reading]) -> Looked | None:
    if readings or case["state"] == "resolved" or _clearing(case, case["symptoms"]):
        return None
    return Looked("lost", "nothing that can be read shows whether the repair holds")


def _clearing(case: dict, codes: list[str]) -> list[str]:
    """Of these exceptions the ones that go away by the repair."""
    given = playbook(case["playbook"])
    return [code for code in codes if given.clears_exception(code)]


def _is_out_of_patience(case: dict) -> bool:
    return case["state"] == "verifying" and case["shown_at"] + case["patience"] <= case["now"]
