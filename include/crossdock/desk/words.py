"""The desk's words: times, ages, numbers and the things of a case, as people of operations say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LONGER = {"qty": "quantity", "at": "", "ref": "number", "id": "", "code": "", "sku": "item", "erp": "ERP", "edi": "EDI"}
ISO = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
STATES = {
    "open": "Open", "triaged": "Triaged", "awaiting_approval": "Waits for approval", "acting": "Being repaired",
    "verifying": "Being verified", "resolved": "Resolved", "closed": "Closed", "reopened": "Reopened",
    "dismissed": "Dismissed",
}  # fmt: skip
SEVERITIES = ("critical", "high", "medium", "low")
COMMANDS = {
    "sap_s4.create_delivery": "Create a delivery",
    "sap_s4.delete_delivery": "Delete the delivery",
    "sap_s4.set_delivery_quantity": "Change the delivery's quantity",
    "sap_s4.post_goods_issue": "Post the goods issue",
    "sap_s4.reverse_goods_issue": "Reverse the goods issue",
    "sap_s4.set_item_plant": "Deliver the item from another plant",
    "sap_s4.set_promise": "Set the promised date",
    "sap_s4.set_delivery_block": "Set or release the delivery block",
    "sap_s4.set_billing_block": "Set or release the billing block",
    "sap_s4.release_credit": "Release the credit hold",
    "sap_s4.set_item_price": "Correct the item's price",
    "sap_s4.set_tracking": "Set the tracking number",
    "epcis.reserve": "Reserve the goods at the warehouse",
    "epcis.unreserve": "Give the reserved goods free",
    "easypost.buy": "Buy a label",
    "easypost.refund": "Refund the label",
    "shopify.set_promise": "Tell the shop the new date",
    "shopify.update_tracking": "Tell the shop the new tracking number",
    "zendesk.open_ticket": "Open a service ticket",
    "zendesk.comment": "Comment the service ticket",
    "zendesk.solve": "Solve the service ticket",
    "x12.resend": "Send the EDI document again",
}
TELLS_CUSTOMER = frozenset({"shopify.set_promise", "shopify.update_tracking", "zendesk.open_ticket", "zendesk.comment"})
"""Commands by which the customer learns something."""


def label(name: str) -> str:
    """`expected_qty` → `Expected quantity`."""
    parts = [LONGER.get(part, part) for part in name.split("_")]
    text = " ".join(part for part in parts if part) or name
    return text[:1].upper() + text[1:]


def command(name: str) -> str:
    """A command in words; one that has no words yet by its own name."""
    return COMMANDS.get(name) or label(name.partition(".")[2] or name)


def state(name: str) -> str:
    return STATES.get(name) or label(name)


def bare(identifier: str | None) -> str:
    """The number at the end of an identifier: `shop-main/order/1001` → `1001`."""
    return (identifier or "").rpartition("/")[2]


def moment(value: datetime | str | None) -> str:
    """`2026-01-05 20:00` in UTC; empty for none."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M}" if value else ""


def span(delta: timedelta) -> str:
    """A length of time in its one or two largest units: `3 d 4 h`, `25 min`."""
    minutes = int(abs(delta).total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def quantity(value: object) -> str:
    """A number without trailing zeros; a dash for none."""
    if value is None:
        return "–"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def text(value: object) -> str:
    """One plain value as read by people."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and ISO.match(value):
        try:
            return moment(value) + " UTC"
        except ValueError:
            return value
    return str(value)
