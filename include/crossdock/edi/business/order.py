"""850: a purchase order with its lines."""

from __future__ import annotations

from crossdock.edi.business.parties import add_to_party, compact, cut, date, iso_date, party, product_ids, reference

FREE_TEXT = ["PID", "F", "", "", ""]
"""How a description without a code begins; what follows is the text."""


def read_order(segments: list[list[str]]) -> dict:
    """The order in the segments of an 850, ST and SE among them.

    `{"po_number", "order_date", "purpose_code", "type_code", "currency_code", "dates", "references", "parties",
    "lines": [{"line_number", "quantity", "uom", "unit_price", "price_basis", "ids", …}], "totals", "others"}`
    """
    order: dict = {"po_number": "", "lines": []}
    lines: list[dict] = order["lines"]
    current = order  # what the next segment belongs to: the order, or its newest line
    named: dict | None = None  # the newest party
    for segment in segments:
        name = segment[0]
        if name == "PO1":
            current, named = line(segment), None
            lines.append(current)
        elif name == "PID" and segment[:5] == FREE_TEXT and len(segment) == 6:
            if "descriptions" in current:
                current["descriptions"].append(segment[5])
            else:
                current["descriptions"] = [segment[5]]
        elif name == "REF":
            (named or current).setdefault("references", []).append(reference(segment))
        elif name == "DTM":
            current.setdefault("dates", []).append(date(segment))
        elif name == "N1":
            named = party(segment)
            current.setdefault("parties", []).append(named)
        elif named is not None and add_to_party(named, segment):
            continue
        elif name in _HEADER:
            current = current if name in ("CUR", "AMT") else order
            _HEADER[name](current, segment)
        elif name not in ("ST", "SE"):
            current.setdefault("others", []).append(segment)
    return order


def line(segment: list[str]) -> dict:
    """PO1. `line_number` may be empty: partners are free to leave it out."""
    number, quantity, uom, price, basis = segment[1:6] if len(segment) > 5 else cut(segment, 5)
    if len(segment) == 8:  # the usual numbers of ids, without a call
        ids = {segment[6]: segment[7]}
    elif len(segment) == 10:
        ids = {segment[6]: segment[7], segment[8]: segment[9]}
    else:
        ids = dict(zip(segment[6::2], segment[7::2], strict=False))
    if 2 * len(ids) != len(segment) - 6 or "" in ids:  # one left out or used twice
        ids = product_ids(segment[6:])
    return {
        "line_number": number, "quantity": quantity, "uom": uom, "unit_price": price, "price_basis": basis, "ids": ids,
    }  # fmt: skip


def _begin(order: dict, segment: list[str]) -> None:
    purpose, type_, number, release, day, contract = cut(segment, 6)
    order["po_number"] = number
    order.update(
        compact(
            purpose_code=purpose, type_code=type_, release_number=release, order_date=iso_date(day),
            order_date_given=day, contract_number=contract, begin_rest=segment[7:],
        )
    )  # fmt: skip


def _currency(of: dict, segment: list[str]) -> None:
    of["currency_code"] = cut(segment, 2)[1]
    of.update(compact(currency_by=cut(segment, 1)[0], currency_rest=segment[3:]))


def _count(order: dict, segment: list[str]) -> None:
    count, hash_total = cut(segment, 2)
    order.setdefault("totals", {}).update(compact(lines_count=count, hash_total=hash_total, rest=segment[3:]))


def _amount(of: dict, segment: list[str]) -> None:
    qualifier, amount = cut(segment, 2)
    of.setdefault("amounts", []).append(compact(qualifier=qualifier, amount=amount, rest=segment[3:]))


_HEADER = {"BEG": _begin, "CUR": _currency, "CTT": _count, "AMT": _amount}
