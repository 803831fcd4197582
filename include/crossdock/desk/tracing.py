"""An order's trace in words: the short answer on top, and a sentence for each thing that happened."""

from __future__ import annotations

from crossdock.desk import words
from crossdock.desk.viewer import Viewer
from crossdock.desk.views import HIDDEN_NAME
from crossdock.desk.words import TELLS_CUSTOMER

GROUPS = {
    "ordered": "Order", "record": "Received", "belief": "Belief", "shipment_event": "Shipment", "edi_document": "EDI",
    "edi_acknowledgement": "EDI", "ticket": "Service desk", "hold": "Hold", "hold_released": "Hold",
    "set_aside": "Set aside", "detection": "Exception", "cleared": "Exception", "case_event": "Case",
    "decision": "Decision", "action": "Message", "verification": "Read back",
    "alert": "Alert",
}  # fmt: skip
TOLD = ("acknowledged", "verified")


def answer(row: dict, names: dict[str, str], viewer: Viewer) -> list[tuple[str, str]]:
    """Question and answer, in the order people ask them."""
    name = names.get(row["thread_id"], "") if viewer.sees_names else HIDDEN_NAME
    customer = (row["partner_name"], row["customer_ref"], name)
    return [
        ("Did it ship?", _shipped(row)),
        ("Was the customer told?", _told(row)),
        ("Where did it fail?", _failed(row)),
        ("Was it retried?", _retried(row)),
        ("Who acts next?", _next(row)),
        ("Customer", " · ".join(part for part in customer if part) if row["customer_ref"] else "unknown"),
        ("Promised", f"{words.moment(row['promised_at'])} UTC" if row["promised_at"] else "no promise known"),
    ]


def title(row: dict) -> str:
    """What the page is about: the order's number, or the thread's where it is no order."""
    number = row["partner_order_ref"] or row["erp_order_ref"]
    return f"Order {number}" if number else words.bare(row["thread_id"]) or row["thread_id"]


def _shipped(row: dict) -> str:
    if row["cancelled_at"]:
        return f"Called off {words.moment(row['cancelled_at'])} UTC. {_parcels(row)}"
    total = row["quantities"]
    ordered, shipped, delivered = (total[key] or 0 for key in ("ordered", "shipped", "delivered"))
    if not ordered:
        return _parcels(row)
    if delivered >= ordered:
        return f"Yes, and all of it arrived. {_parcels(row)}"
    part = f"{words.quantity(shipped)} of {words.quantity(ordered)} shipped, {words.quantity(delivered)} arrived"
    return f"{'Yes' if shipped >= ordered else 'In part' if shipped else 'No'}: {part}. {_parcels(row)}"


def _parcels(row: dict) -> str:
    return " ".join(_parcel(shipment) for shipment in row["shipments"]) or "No shipment is known."


def _parcel(given: dict) -> str:
    name = given["delivery_ref"] or words.bare(given["shipment_id"])
    by = " ".join(part for part in (given["carrier_code"], given["tracking_number"]) if part)
    state = words.label(given["shipment_status_code"] or "no word yet").lower()
    late = f", expected {words.moment(given['estimated_delivery_at'])}" if given["estimated_delivery_at"] else ""
    return f"Delivery {name}{f' by {by}' if by else ''}: {state}{'' if given['delivered_at'] else late}."


def _told(row: dict) -> str:
    told = [a for a in row["actions"] if a["command"] in TELLS_CUSTOMER and a["state"] in TOLD]
    parts = [f"{words.command(a['command'])} ({a['system_name']}, {a['state']})" for a in told]
    if shows := row["shop_shows"]:
        parts.append(f"{shows['by']} has shown it as shipped since {words.moment(shows['since'])} UTC")
    return f"Yes: {'; '.join(parts)}." if parts else "No message to the customer is known."


def _failed(row: dict) -> str:
    if not row["failures"]:
        past = [c for c in row["cases"] if c["close_reason"]]
        return "Nothing is wrong now." + (f" {len(past)} earlier case(s)." if past else "")
    return "; ".join(_failure(f) for f in row["failures"]) + "."


def _failure(given: dict) -> str:
    where = ", ".join(part for part in (given["warehouse_code"], given["carrier_code"], given["partner_name"]) if part)
    return f"{given['title']} ({where or given['step']}) since {words.moment(given['since_at'])} UTC"


def _retried(row: dict) -> str:
    sent = [a for a in row["actions"] if a["tries"]]
    if not sent:
        return "Nothing was sent, so nothing was retried."
    again = sum(a["tries"] - 1 for a in sent)
    attempts = max(a["attempt"] for a in sent)
    dead = sum(a["state"] == "dead" for a in sent)
    text = f"{len(sent)} message(s) sent in {attempts} attempt(s), {again} sent again"
    return text + (f", {dead} given up." if dead else ".")


def _next(row: dict) -> str:
    living = [c for c in row["cases"] if not c["close_reason"]]
    if living:
        return "; ".join(f"{c['next_queue'] or words.label(c['next_actor'])}: {c['next_action']}" for c in living) + "."
    if row["failures"]:
        return "Crossdock: a case is about to be opened."
    return "Nobody need act: the order takes its course."


def line(row: dict) -> dict:
    """One row of the time line."""
    data = row["data"]
    return {
        "at": words.moment(row["happened_at"]),
        "known": words.moment(row["known_at"]),
        "kind": row["kind"],
        "group": GROUPS[row["kind"]],
        "actor": row["actor_name"] or "",
        "sentence": SENTENCES[row["kind"]](data),
        "is_trouble": _is_trouble(row["kind"], data),
        "case_id": data.get("case_id"),
    }


def _is_trouble(kind: str, d: dict) -> bool:
    if kind == "action":
        return d["state"] in ("failed", "dead")
    if kind == "verification":
        return not d["agrees"]
    if kind == "alert":
        return d["state"] == "failed"
    if kind == "edi_document":
        return "rejected" in (d["envelope"], d["syntax"], d["business"])
    if kind == "edi_acknowledgement":
        return d["status"] == "rejected"
    return kind in ("hold", "set_aside", "detection")


def _ordered(d: dict) -> str:
    promised = f", promised for {words.moment(d['promised_at'])} UTC" if d["promised_at"] else ""
    number = d["partner_order_ref"] or "an order without a number"
    return f"Placed as {number} ({d['channel'] or 'channel unknown'}){promised}"


def _record(d: dict) -> str:
    source = f"document {d['document_id']}, correlation {d['correlation_id'] or '–'}"
    return f"{words.label(d['feed'])} {d['native_id']} received ({source})"


def _belief(d: dict) -> str:
    until = f", until {words.moment(d['superseded_at'])}" if d["superseded_at"] else ", and still does"
    return f"Believes {words.bare(d['subject_id'])} is {words.label(d['status']).lower()} ({d['attribute']}){until}"


def _shipment_event(d: dict) -> str:
    where = f" at {d['location']}" if d["location"] else ""
    parcel = f", parcel {d['tracking_number']}" if d["tracking_number"] else ""
    return f"{words.label(d['event'])}: {words.bare(d['shipment_id']) or 'the order'}{where}{parcel}"


def _edi_document(d: dict) -> str:
    verdicts = ", ".join(f"{name} {d[name]}" for name in ("envelope", "syntax", "business") if d[name])
    way = "received" if d["direction"] == "in" else "written for the partner"
    return f"X12 {d['type']} {way}, control number {d['control_number']}{': ' if verdicts else ''}{verdicts}"


def _edi_acknowledgement(d: dict) -> str:
    of = f"{d['type']} for {words.bare(d['document_id'])}"
    if d["status"] == "awaited":
        return f"{of} is awaited, expected by {words.moment(d['expected_at'])} UTC"
    return f"{of}: {d['status']}{': ' if d['reason'] else ''}{d['reason'] or ''}"


def _ticket(d: dict) -> str:
    return f"Ticket {words.bare(d['ticket_id'])} opened; it is {d['status']}"


def _hold(d: dict) -> str:
    return f"{words.label(d['kind'])} hold began"


def _hold_released(d: dict) -> str:
    return f"{words.label(d['kind'])} hold ended"


def _set_aside(d: dict) -> str:
    field = f", field {d['field']}" if d["field"] else ""
    return f"{words.label(d['feed'])} {d['native_id']} set aside{field}: {d['reason']} ({d['state']})"


def _detection(d: dict) -> str:
    return f"{d['title']} found on {words.bare(d['subject_id'])}, wrong since {words.moment(d['since_at'])} UTC"


def _cleared(d: dict) -> str:
    return f"{d['title']} on {words.bare(d['subject_id'])} is over"


def _case_event(d: dict) -> str:
    is_move = d["to"] and d["from"] is not None
    moved = f": {words.state(d['from']) if d['from'] else 'New'} → {words.state(d['to'])}" if is_move else ""
    reason = f" ({d['reason']})" if d["reason"] else ""
    return f"Case {d['case_id']}, {words.label(d['event']).lower()}{moved}{reason}"


def _decision(d: dict) -> str:
    mode = "" if d["mode"] == "active" else f" [{d['mode']}]"
    chosen = words.label(d["chosen"] or "nothing")
    return f"Case {d['case_id']}: {chosen} chosen by {d['policy']}{mode}: {d['reason']}"


def _action(d: dict) -> str:
    doing = ("take back: " if d["compensates"] else "") + words.command(d["command"])
    told = " (customer notification)" if d["command"] in TELLS_CUSTOMER else ""
    sent = f"sent {d['tries']} time(s)" if d["is_sent"] else "not sent yet"
    error = f", error: {d['error']}" if d["error"] else ""
    step = f"Case {d['case_id']}, attempt {d['attempt']} step {d['step']}"
    return f"{step}: {doing}{told} to {d['partner_id']}; {d['state']}, {sent}{error}"


def _verification(d: dict) -> str:
    seen = "shows what it should" if d["agrees"] else "still disagrees"
    return f"{words.label(d['kind'])} {words.bare(d['object_id'])} read again: {seen}"


def _alert(d: dict) -> str:
    reason = f" ({d['state_reason']})" if d["state_reason"] else ""
    return f"{words.label(d['audience'])} told by {d['channel']}: {d['title']}; {d['state']}{reason}"


SENTENCES = {
    "ordered": _ordered, "record": _record, "belief": _belief, "shipment_event": _shipment_event,
    "edi_document": _edi_document, "edi_acknowledgement": _edi_acknowledgement, "ticket": _ticket, "hold": _hold,
    "hold_released": _hold_released, "set_aside": _set_aside, "detection": _detection, "cleared": _cleared,
    "case_event": _case_event, "decision": _decision, "action": _action, "verification": _verification,
    "alert": _alert,
}  # fmt: skip
