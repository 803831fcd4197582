"""What a set must say to be of use, beyond the standard: a business fault is never a matter of the 997."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from crossdock.edi.x12.model import Fault


def business_faults(field: str, content: dict) -> list[Fault]:
    """What keeps an order from being one; nothing for other sets."""
    return list(_of_order(content)) if field == "order" else []


def _of_order(order: dict) -> Iterator[Fault]:
    if not order["po_number"].strip():
        yield _fault("BEG", 2, 3, "", "the order has no purchase order number")
    if not order["lines"]:
        yield _fault("PO1", 0, 0, "", "the order has no lines")
    stated = order.get("totals", {}).get("lines_count", "")
    if stated.isdigit() and int(stated) != len(order["lines"]):
        yield _fault(
            "CTT", 0, 1, stated, f"says {stated} lines where {len(order['lines'])} are: one may have been lost"
        )
    for number, line in enumerate(order["lines"], 1):
        if not _is_positive(line["quantity"]):
            yield _fault("PO1", 0, 2, line["quantity"], f"line {number} has no quantity above zero")


def _is_positive(given: str) -> bool:
    try:
        return Decimal(given) > 0
    except InvalidOperation:
        return False


def _fault(segment: str, position: int, element: int, value: str, reason: str) -> Fault:
    return Fault("business", "", segment, position, element, value, reason)
