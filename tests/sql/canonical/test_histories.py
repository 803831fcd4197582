"""Holds and beliefs are read from the versions of records, in the source's order and not in that of arrival."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sql.canonical import payloads as p


@pytest.fixture(scope="module", autouse=True)
def story(world):
    """A hold that came and went, one that still holds, one that came back; versions arrive out of order and twice."""
    versions = [
        ("2026-03-01 12:00Z", {}),
        ("2026-03-01 14:00Z", {"TotalCreditCheckStatus": "D"}),
        ("2026-03-01 13:00Z", {"TotalCreditCheckStatus": "B", "DeliveryBlockReason": "02"}),
        ("2026-03-01 15:00Z", {"OverallDeliveryStatus": "C"}),
        ("2026-03-01 16:00Z", {"TotalCreditCheckStatus": "B", "OverallDeliveryStatus": "C"}),
        ("2026-03-01 12:30Z", {"OverallOrdReltdBillgStatus": "A"}),
    ]
    for at, fields in versions:
        world.record("sap-main", "sales_orders", "1", p.sales_order("1", **fields), at)
    world.record("sap-main", "deliveries", "9", p.delivery("9", [p.delivery_item(order="1")]), "2026-03-02Z")
    for event_id, step, at in (
        ("b", "packing", "2026-03-03 11:00"),
        ("c", "picking", "2026-03-03 12:00"),
        ("a", "picking", "2026-03-03 09:00"),
    ):
        world.record(
            "wms-main",
            "events",
            event_id,
            p.event(event_id, step, at, {"sku:1": 5}, delivery="9", tracking="1Z9"),
            f"{at}Z",
        )
    scans = [
        ("in_transit", "2026-03-04T08:00:00Z"),
        ("failure", "2026-03-05T08:00:00Z"),
        ("out_for_delivery", "2026-03-06T08:00:00Z"),
    ]
    for count in (1, 2, 3):
        given = p.tracker(scans[:count], code="1Z9")
        world.record("easypost", "trackers", "trk_1", given, scans[count - 1][1])
    world.build()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_hold_opens_and_closes_with_the_versions_that_show_it(world):
    """Credit was held for an hour and is held again; compliance came and went with the same version."""
    holds = world.rows("select kind_code, opened_at, released_at from canonical.holds order by kind_code, opened_at")
    assert [tuple(row.values()) for row in holds] == [
        ("compliance", at("2026-03-01 13:00"), at("2026-03-01 14:00")),
        ("credit", at("2026-03-01 13:00"), at("2026-03-01 14:00")),
        ("credit", at("2026-03-01 16:00"), None),
    ]


def test_a_belief_lasts_until_the_next_one(world):
    """Versions that say the same again are one belief; each ends where the next begins."""
    said = world.rows(
        "select status_code, valid_at, superseded_at from canonical.status_beliefs "
        "where believed_by = 'sap-main' and attribute_code = 'fulfillment' order by valid_at"
    )
    assert [tuple(row.values()) for row in said] == [
        ("accepted", at("2026-03-01 12:00"), at("2026-03-01 15:00")),
        ("shipped", at("2026-03-01 15:00"), None),
    ]


def test_a_warehouse_does_not_go_back_but_a_carrier_can(world):
    """A late pick of the rest leaves the warehouse's belief at packed; a failed delivery is followed by another try."""
    said = world.rows(
        "select believed_by, status_code from canonical.status_beliefs "
        "where believed_by in ('wms-main', 'easypost') order by believed_by desc, valid_at"
    )
    assert [tuple(row.values()) for row in said] == [
        ("wms-main", "picked"), ("wms-main", "packed"),
        ("easypost", "in_transit"), ("easypost", "delivery_failed"), ("easypost", "out_for_delivery"),
    ]  # fmt: skip
    assert world.row("select shipment_status_code as code from canonical.shipments")["code"] == "out_for_delivery"
