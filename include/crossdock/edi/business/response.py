"""855: the answer to a purchase order, line by line."""

from __future__ import annotations

from crossdock.edi.business.order import line
from crossdock.edi.business.parties import add_to_party, compact, cut, date, iso_date, party, product_ids, reference


def read_response(segments: list[list[str]]) -> dict:
    """`{"po_number", "status_code" (BAK02), "lines": [{…, "acknowledgements": [{"status_code" (ACK01), …}]}], …}`"""
    response: dict = {"po_number": "", "status_code": "", "lines": []}
    current, named = response, None
    for segment in segments:
        name = segment[0]
        if name == "BAK":
            _begin(response, segment)
        elif name == "PO1":
            current, named = line(segment), None
            response["lines"].append(current)
        elif name == "ACK":
            current.setdefault("acknowledgements", []).append(_acknowledgement(segment))
        elif name == "REF":
            (named or current).setdefault("references", []).append(reference(segment))
        elif name == "DTM":
            current.setdefault("dates", []).append(date(segment))
        elif name == "N1":
            named = party(segment)
            current.setdefault("parties", []).append(named)
        elif not (named is not None and add_to_party(named, segment)) and name not in ("ST", "SE"):
            current.setdefault("others", []).append(segment)
    return response


def _begin(response: dict, segment: list[str]) -> None:
    purpose, status, number, day = cut(segment, 4)
    response.update({"po_number": number, "status_code": status})
    response.update(
        compact(purpose_code=purpose, order_date=iso_date(day), order_date_given=day, begin_rest=segment[5:])
    )


def _acknowledgement(segment: list[str]) -> dict:
    status, quantity, uom, qualifier, day = cut(segment, 5)
    return compact(
        status_code=status, quantity=quantity, uom=uom, date_qualifier=qualifier, date=day,
        request_reference=segment[6] if len(segment) > 6 else "", ids=product_ids(segment[7:]),
    )  # fmt: skip
