"""The lab's OData v2: filters, orders and wire forms."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from crossdock_lab.systems.sap import odata

ROW = {
    "SalesOrder": "4712",
    "TotalNetAmount": "24786.720",
    "Blocked": False,
    "Note": "it's here",
    "LastChangeDateTime": "/Date(1772443800000+0000)/",
    "CreationDate": "/Date(1772409600000)/",
    "Time": "PT13H22M00S",
    "Gone": None,
}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("SalesOrder eq '4712'", True),
        ("SalesOrder gt '4712'", False),
        ("TotalNetAmount gt 100.5m", True),
        ("LastChangeDateTime ge datetimeoffset'2026-03-02T09:30:00Z'", True),
        ("LastChangeDateTime gt datetimeoffset'2026-03-02T09:30:00Z'", False),
        ("LastChangeDateTime ge datetimeoffset'2026-03-02T10:30:00+01:00'", True),
        ("CreationDate eq datetime'2026-03-02T00:00:00'", True),
        ("Time gt time'PT13H00M00S'", True),
        ("Note eq 'it''s here'", True),
        ("Gone eq null", True),
        ("Gone ge datetime'2026-03-02T00:00:00'", False),
        ("not (Blocked eq true) and (SalesOrder eq '1' or SalesOrder eq '4712')", True),
        ("SalesOrder eq '1' or SalesOrder eq '4712' and Blocked eq true", False),
        ("startswith(SalesOrder,'47')", True),
        ("substringof('here',Note) eq true", True),
    ],
)
def test_filters(text: str, passes: bool) -> None:
    """`and` binds before `or`; numbers, days, moments and texts compare as what they are."""
    assert bool(odata.parse_filter(text).of(ROW)) is passes


@pytest.mark.parametrize(
    "text", ["SalesOrder eq", "Nothing eq 'x'", "(SalesOrder eq '1'", "SalesOrder == '1'", "round(1)", "Time eq time'x"]
)
def test_unreadable_filters_are_refused(text: str) -> None:
    """A filter that cannot be read, or names no property, is a bad query: never an empty answer."""
    with pytest.raises(odata.BadQuery):
        odata.parse_filter(text).of(ROW)


def test_bounds_never_promise_too_much() -> None:
    """Joined by `and`, bounds hold together; joined by `or`, only what both sides say, and the lower of the two."""
    day, later = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    changed, created = (
        "LastChangeDate ge datetime'2026-03-04T00:00:00'",
        "CreationDate ge datetime'2026-03-02T00:00:00'",
    )
    both = odata.parse_filter(f"({changed} or LastChangeDate eq null and {created}) and DeliveryDocument gt '17'")
    assert both.least == {"changed": day, "DeliveryDocument": "17"}
    assert odata.parse_filter(changed).least == {"changed": later}
    assert odata.parse_filter(f"{changed} or SalesOrder eq '1'").least == {}
    assert odata.parse_filter(f"not ({changed})").least == {}


def test_wire_forms() -> None:
    """A moment, its day and its time of day; what is unset is null as a date and midnight as a time."""
    at = datetime(2026, 3, 2, 13, 22, 5, tzinfo=UTC)
    assert odata.native(odata.wire_moment(at)) == at
    assert odata.native(odata.wire_date(at)) == at.replace(hour=0, minute=0, second=0)
    assert odata.native(odata.wire_time(at)) == time(13, 22, 5)
    assert (odata.wire_date(None), odata.wire_time(None)) == (None, "PT00H00M00S")


def test_order_and_selection() -> None:
    """`$orderby` sorts by several names, each way; nulls come first; `$select` keeps the metadata."""
    rows = [{"a": "1", "b": "/Date(2)/"}, {"a": "1", "b": None}, {"a": "2", "b": "/Date(1)/"}]
    assert odata.ordered(rows, "a desc,b") == [rows[2], rows[1], rows[0]]
    assert odata.selected({"a": 1, "b": 2, "__metadata": {}}, "a") == {"a": 1, "__metadata": {}}
