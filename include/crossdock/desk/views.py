"""From rows to what the templates show; every sentence and every right is decided here, not in a template."""

from __future__ import annotations

from datetime import datetime, timedelta

from crossdock.desk import readable, words
from crossdock.desk.privacy import masked
from crossdock.desk.viewer import Viewer

LATE, SOON, IN_TIME, DONE = "late", "soon", "in time", "done"
HIDDEN_NAME = "name hidden"
OUTCOMES = {
    "automatic": "It may be done without asking.",
    "approval": "A person must agree first.",
    "person": "It is left to a person.",
    "wait": "It waits.",
}


def list_row(row: dict, names: dict[str, str], viewer: Viewer) -> dict:
    """One line of the list."""
    return {
        "case_id": row["case_id"],
        "title": row["title"],
        "order": order_number(row),
        "thread_id": row["thread_id"],
        "customer": customer(row, names, viewer),
        "promised": words.moment(row["promised_at"]),
        "age": age(row),
        "symptoms": [s["title"] + (" (over)" if s["is_cleared"] else "") for s in row["symptoms"]],
        "severity": row["severity"],
        "queue": row["owner_queue"],
        "state": words.state(row["state"]),
        "next": next_step(row),
        "sla": sla(row),
        "assignee": row["assignee"] or "",
    }


def age(row: dict) -> str:
    """How long it is or was wrong."""
    return words.span((row["ended_as_of"] or row["as_of"]) - row["since_at"])


def order_number(row: dict) -> str:
    """What people call the order; empty where the case is about no order."""
    return row["partner_order_ref"] or row.get("erp_order_ref") or words.bare(row["order_id"])


def customer(row: dict, names: dict[str, str], viewer: Viewer) -> str:
    """Partner, customer number and, for those who need it, the name."""
    if not row["partner_name"] and not row["customer_ref"]:
        return ""
    name = names.get(row["thread_id"], "") if viewer.sees_names else HIDDEN_NAME
    return " · ".join(part for part in (row["partner_name"], row["customer_ref"], name) if part)


def next_step(row: dict) -> dict:
    """What happens next, by whom, and when."""
    if row["close_reason"]:
        return {"action": "Nothing more", "actor": "nobody", "at": ""}
    return {"action": row["next_action"], "actor": words.label(row["next_actor"]), "at": words.moment(row["next_at"])}


def sla(row: dict) -> dict:
    """{state, text}: in time, soon (under a quarter of its time is left), late, done."""
    due, now = row["sla_due_at"], row["ended_as_of"] or row["as_of"]
    left = due - now
    if row["close_reason"]:
        return {"state": DONE, "text": "Done in time" if left >= timedelta() else f"Done {words.span(left)} late"}
    if left < timedelta():
        return {"state": LATE, "text": f"Late by {words.span(left)}"}
    if left < (due - row["opened_as_of"]) / 4:
        return {"state": SOON, "text": f"Due soon: {words.span(left)} left"}
    return {"state": IN_TIME, "text": f"{words.span(left)} left"}


def case(row: dict, names: dict[str, str], viewer: Viewer) -> dict:
    """Everything of the case page."""
    shown = viewer.sees_names
    return {
        "case_id": row["case_id"],
        "title": row["title"],
        "lead": row["lead_title"],
        "meaning": row["lead_description"],
        "thread_id": row["thread_id"],
        "facts": case_facts(row, names, viewer),
        "symptoms": [_symptom(s, shown) for s in row["symptoms"]],
        "decisions": [_decision(d, shown) for d in row["decisions"]],
        "actions": [_action(a, shown) for a in row["actions"]],
        "verifications": [_verification(v, shown) for v in row["verifications"]],
        "approvals": [_approval(a) for a in row["approvals"]],
        "events": [_event(e) for e in row["events"]],
        "may": rights(row, viewer),
        "question": _question(row, viewer),
        "assignee": row["assignee"] or "",
        "state": row["state"],
    }


def case_facts(row: dict, names: dict[str, str], viewer: Viewer) -> list[tuple[str, str]]:
    """The head of the case page: label and value."""
    step = next_step(row)
    facts = [
        ("State", words.state(row["state"])),
        ("Severity", words.label(row["severity"])),
        ("Time to resolve", sla(row)["text"]),
        ("Next action", step["action"] + (f" (at {step['at']} UTC)" if step["at"] else "")),
        ("Next actor", step["actor"]),
        ("Queue", row["queue_title"]),
        ("Assigned to", row["assignee"] or "nobody"),
        ("Order", order_number(row)),
        ("Order is", words.label(row["fulfillment_status_code"] or "")),
        ("Customer", customer(row, names, viewer)),
        ("Promised", _utc(row["promised_at"])),
        ("Wrong since", _utc(row["since_at"])),
        ("Age", age(row)),
        ("Warehouse", row["warehouse_code"] or ""),
        ("Carrier", row["carrier_code"] or ""),
        ("Attempts", str(row["attempt"])),
    ]
    return [(label, value) for label, value in facts if value]


def rights(row: dict, viewer: Viewer) -> dict[str, bool]:
    """Which forms the page offers; the server asks again when one is sent."""
    works = viewer.may_work(row["owner_queue"])
    moves = works and row["state"] not in ("acting", "verifying", "resolved")
    return {
        "work": works,
        "assign": works and row["close_reason"] is None,
        "dismiss": moves and row["close_reason"] is None,
        "reopen": works and row["state"] == "dismissed",
    }


def _utc(value: datetime | str | None) -> str:
    return f"{words.moment(value)} UTC" if value else ""


def _symptom(given: dict, shown: bool) -> dict:
    return {
        "title": given["title"],
        "meaning": given["description"],
        "is_lead": given["is_lead"],
        "subject": words.bare(given["subject_id"]),
        "since": _utc(given["since_at"]),
        "found": _utc(given["detected_as_of"]),
        "cleared": _utc(given["cleared_as_of"]),
        "evidence": readable.node(masked(given["evidence"], shown=shown)),
    }


def _decision(given: dict, shown: bool) -> dict:
    return {
        "at": _utc(given["decided_as_of"]),
        "attempt": given["attempt"],
        "playbook": words.label(given["playbook"]),
        "outcome": OUTCOMES[given["outcome"]],
        "chosen": words.label(given["chosen"] or "nothing"),
        "reason": given["reason"],
        "policy": f"{given['policy_id']} version {given['policy_version']}",
        "mode": given["mode"],
        "candidates": [_candidate(c, given["chosen"], shown) for c in given["candidates"]],
        "inputs": readable.node(masked(given["inputs"], shown=shown)),
    }


def _candidate(given: dict, chosen: str | None, shown: bool) -> dict:
    excluded = given.get("excluded_by") or []
    verdict = "Chosen" if given["name"] == chosen else "Ruled out" if excluded else "Possible"
    return {
        "name": given["name"],
        "title": words.label(given["name"]),
        "verdict": verdict,
        "cost": words.text(given.get("cost")),
        "score": words.text(given.get("score")),
        "excluded_by": [_reason(reason) for reason in excluded],
        "plan": [_step(step, shown) for step in given.get("plan") or []],
    }


def _step(given: dict, shown: bool) -> dict:
    return {
        "does": words.command(given["command"]),
        "system": given["partner_id"],
        "payload": readable.node(masked(given["payload"], shown=shown)),
    }


def _reason(given: object) -> str:
    if isinstance(given, dict):
        return "; ".join(f"{words.label(key)}: {words.text(value)}" for key, value in given.items())
    return str(given)


def _action(given: dict, shown: bool) -> dict:
    return {
        "attempt": given["attempt"],
        "step": given["step"],
        "does": ("Take back: " if given["compensates"] else "") + words.command(given["command"]),
        "system": given["system_name"],
        "state": words.label(given["state"]),
        "tries": given["tries"],
        "error": given["error"] or "",
        "sent": words.moment(given["sent_at"]),
        "next_try": words.moment(given["next_try_at"]),
        "payload": readable.node(masked(given["payload"], shown=shown)),
        "reply": readable.node(masked(given["reply"], shown=shown)) if given["reply"] else None,
    }


def _verification(given: dict, shown: bool) -> dict:
    return {
        "attempt": given["attempt"],
        "system": given["system_name"] or "Crossdock",
        "object": f"{words.label(given['kind'])} {words.bare(given['object_id'])}",
        "expected": readable.node(masked(given["expected"], shown=shown)),
        "seen": {"text": "not there"} if given["seen"] is None else readable.node(masked(given["seen"], shown=shown)),
        "agrees": "Agrees" if given["agrees"] else "Disagrees",
        "read": _utc(given["read_as_of"]),
    }


def _approval(given: dict) -> dict:
    return {
        "question": given["question"],
        "state": words.label(given["state"]),
        "proposed_by": given["proposed_by"],
        "may_answer": ", ".join(words.label(queue) for queue in given["may_answer"]),
        "expires": _utc(given["expires_as_of"]),
        "decided_by": given["decided_by"] or "",
        "front_end": given["front_end"] or "",
        "chosen": words.label(given["chosen"] or ""),
        "reason": given["reason"] or "",
    }


def _event(given: dict) -> dict:
    moved = given["from_state"] is not None and given["to_state"] is not None
    data = {key: value for key, value in given["data"].items() if key != "front_end"}
    return {
        "at": _utc(given["as_of"]),
        "event": words.label(given["event"]),
        "moved": f"{words.state(given['from_state']) or 'New'} → {words.state(given['to_state'])}" if moved else "",
        "actor": given["actor"],
        "front_end": given["data"].get("front_end", ""),
        "reason": given["reason"] or "",
        "data": readable.node(masked(data, shown=False)) if data else None,
    }


def _question(row: dict, viewer: Viewer) -> dict | None:
    """The waiting question, its choices, and whether this viewer may answer; None where nothing waits."""
    waiting = next((a for a in row["approvals"] if a["state"] == "waiting"), None)
    if waiting is None:
        return None
    decision = next((d for d in row["decisions"] if d["decision_id"] == waiting["decision_id"]), {"candidates": []})
    allowed = [c for c in decision["candidates"] if c["name"] == decision["chosen"] or _is_free(c)]
    return {
        "approval_id": waiting["approval_id"],
        "text": waiting["question"],
        "expires": _utc(waiting["expires_as_of"]),
        "may_answer": ", ".join(words.label(queue) for queue in waiting["may_answer"]),
        "is_own": viewer.login == waiting["proposed_by"],
        "is_answerable": viewer.may_answer(waiting["may_answer"], waiting["proposed_by"]),
        "choices": [
            {"name": c["name"], "title": words.label(c["name"]), "cost": words.text(c.get("cost")),
             "is_proposed": c["name"] == decision["chosen"]}
            for c in allowed
        ],
    }  # fmt: skip


def _is_free(candidate: dict) -> bool:
    return bool(candidate.get("plan")) and not candidate.get("excluded_by")


def approvals(rows: list[dict], viewer: Viewer) -> tuple[list[dict], list[dict]]:
    """The questions this viewer may answer, and those that wait for others."""
    shown = [(viewer.may_answer(row["may_answer"], row["proposed_by"]), _waiting(row)) for row in rows]
    return [view for mine, view in shown if mine], [view for mine, view in shown if not mine]


def _waiting(row: dict) -> dict:
    left = row["expires_as_of"] - row["as_of"]
    return {
        "approval_id": row["approval_id"],
        "case_id": row["case_id"],
        "question": row["question"],
        "title": row["title"],
        "order": row["partner_order_ref"] or words.bare(row["order_id"]),
        "severity": row["severity"],
        "chosen": words.label(row["chosen"] or ""),
        "reason": row["reason"],
        "proposed_by": row["proposed_by"],
        "may_answer": ", ".join(words.label(queue) for queue in row["may_answer"]),
        "expires": f"in {words.span(left)}" if left > timedelta() else "time is up",
    }
