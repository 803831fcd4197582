"""The returns system's export: the standard feed's CSV layout, with words of its own for states and reasons."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from crossdock_lab.world.model import ReturnLine

COLUMNS = (
    "return_ref", "order_ref", "line_number", "sku", "uom_code", "return_qty", "reason_code", "status",
    "requested_at", "authorised_at", "received_at", "refunded_at", "changed_at",
)  # fmt: skip


def export(given: ReturnLine) -> bytes:
    """A file with one line of one return, as it stands; orders have the ERP's numbers."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, _row(given)])
    return text.getvalue().encode()


def _row(given: ReturnLine) -> tuple[object, ...]:
    item = given.line.item
    return (
        given.number, given.order.sales_order.lstrip("0"), given.line.number, item.sku, item.uom_code, given.qty,
        given.reason, given.status, moment(given.requested_at), moment(given.authorised_at),
        moment(given.received_at), moment(given.refunded_at), moment(given.changed_at),
    )  # fmt: skip


def moment(at: datetime | None) -> str:
    """ISO 8601 in UTC to the microsecond; empty where it has not come."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""
