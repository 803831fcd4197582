"""The EDI partner's X12 004010: an 850 for an order, a 997 for a functional group of ours. One set an interchange."""

from __future__ import annotations

from datetime import datetime

from crossdock_lab.world.model import Acknowledgement, PurchaseOrder

PARTNER, US = "ACMERETAIL", "CROSSDOCKDC"
"""ISA06 of what they send, ISA06 of what we send; both with qualifier ZZ."""

Segment = tuple[str, ...]


def purchase_order_850(given: PurchaseOrder) -> bytes:
    """ISA … IEA with one 850. The partner asks for a TA1 (ISA14)."""
    order, customer = given.order, given.order.customer
    body: list[Segment] = [
        ("BEG", "00", "NE", order.purchase_order, "", f"{order.ordered_at:%Y%m%d}"),
        ("CUR", "BY", order.currency),
        ("REF", "CR", customer.customer_id),
        ("FOB", "PP", "", "", "01", order.incoterms),
        *_freight(given),
        ("DTM", "002", f"{order.promised_at:%Y%m%d}"),
        ("DTM", "004", f"{order.ordered_at:%Y%m%d}", f"{order.ordered_at:%H%M}"),
        ("N1", "ST", _text(customer.name), "92", customer.customer_id),
        ("N3", _text(customer.street)),
        ("N4", _text(customer.city), customer.region, customer.postal_code, customer.country),
    ]
    for number, (line, part, price) in enumerate(zip(order.lines, given.parts, given.prices, strict=True), start=1):
        sold = ("PO1", str(number), str(line.qty), line.item.edi_unit, f"{price:f}", "", "VP", part)
        body += [sold, ("PID", "F", "", "", "", _text(line.item.description))]
    body.append(("CTT", str(len(order.lines)), str(sum(line.qty for line in order.lines))))
    return interchange("PO", "850", body, given.interchange_control_number, given.sent_at, wants_ta1=True)


def _freight(given: PurchaseOrder) -> list[Segment]:
    """Freight is an allowance-or-charge in cents, as SAC05 has no decimal point."""
    amount = given.order.freight_amount
    return [("SAC", "C", "D240", "", "", str(int(amount * 100)))] if amount else []


def functional_ack_997(given: Acknowledgement) -> bytes:
    """ISA … IEA with one 997 that answers one set of one group of ours."""
    rejected = given.verdict == "R"
    body: list[Segment] = [
        ("AK1", given.acknowledged_functional_id, given.acknowledged_group),
        ("AK2", given.acknowledged_type, given.acknowledged_set),
        *([("AK3", "BAK", "2", "", "8"), ("AK4", "2", "587", "7")] if given.verdict != "A" else []),
        ("AK5", given.verdict, "5") if rejected else ("AK5", given.verdict),
        ("AK9", given.verdict, "1", "1", "0" if rejected else "1"),
    ]
    return interchange("FA", "997", body, given.interchange_control_number, given.sent_at)


def interchange(
    group: str, kind: str, body: list[Segment], number: int, sent_at: datetime, *, wants_ta1: bool = False
) -> bytes:
    """One set in one group in one interchange; all three carry numbers from `number`."""
    day, clock = f"{sent_at:%Y%m%d}", f"{sent_at:%H%M}"
    isa = ("ISA", "00", " " * 10, "00", " " * 10, "ZZ", PARTNER.ljust(15), "ZZ", US.ljust(15), day[2:], clock,
           "U", "00401", f"{number:09d}", "1" if wants_ta1 else "0", "P", ">")  # fmt: skip
    segments: list[Segment] = [
        isa,
        ("GS", group, PARTNER, US, day, clock, str(number), "X", "004010"),
        ("ST", kind, "0001"),
        *body,
        ("SE", str(len(body) + 2), "0001"),
        ("GE", "1", str(number)),
        ("IEA", "1", f"{number:09d}"),
    ]
    return "".join(
        "*".join(segment).rstrip("*") + "~\n" if segment[0] != "ISA" else "*".join(segment) + "~\n"
        for segment in segments
    ).encode()


def _text(text: str) -> str:
    """Free text without the delimiters of the interchange."""
    return text.translate(str.maketrans("*~>\n", "    ")).strip()
