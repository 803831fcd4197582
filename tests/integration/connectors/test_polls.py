"""Every feed polled from the lab's systems: all of it, nothing twice, from where it stopped, whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossdock.core.errors import PartnerDown, Throttled
from lab_samples import AT, NOW

FEEDS = [
    ("sap_s4", "sales_orders", 25, "sap"),
    ("sap_s4", "deliveries", 25, "sap"),
    ("sap_s4", "material_stock", 1, "sap"),
    ("epcis", "events", 50, "wms"),
    ("easypost", "trackers", 25, "easypost"),
    ("shopify", "orders", 25, "shop"),
    ("shopify", "fulfillments", 25, "shop"),
    ("shopify", "inventory_levels", 1, "shop"),
    ("zendesk", "tickets", 1, "zendesk"),
]
SMALL = {"page_size": 7}


def poll(connector, feed: str, since: dict | None = None, until: datetime | None = None):
    """(native ids in the order read, pages, the cursor to go on from)."""
    ids, pages, cursor = [], [], dict(since or {})
    for page in connector.pages(feed, dict(cursor), until):
        ids += [record.native_id for record in connector.records(feed, page.content)]
        pages.append(page)
        cursor = page.cursor if page.cursor is not None else cursor
    return ids, pages, cursor


@pytest.fixture
def short_pages(monkeypatch):
    """SAP decides itself how long its pages are: here, seven rows."""
    from crossdock_lab.systems.sap import service

    monkeypatch.setattr(service, "PAGE", 7)


@pytest.mark.parametrize(("system_type", "feed", "count", "face"), FEEDS)
def test_a_first_poll_reads_everything_in_pages_and_the_next_nothing_older_than_the_overlap(
    lab, short_pages, system_type, feed, count, face
):
    connector = lab.connector(system_type, overlap_seconds=0.5, in_transit_days=0.00001, **SMALL)
    ids, pages, cursor = poll(connector, feed)
    assert len(ids) == len(set(ids)) == count
    assert len(pages) >= count / 7
    assert all(page.server_at == NOW for page in pages)
    assert all(page.content and page.content_type == "application/json" for page in pages)
    assert not any(secret in page.source_ref for page in pages for secret in ("password", "token="))
    again, _, _ = poll(connector, feed, cursor)
    if feed == "deliveries":  # their change is a day: the day of the last poll is asked for
        assert again == []
    elif feed == "material_stock":
        assert again == ids
    else:
        assert len(again) <= 2


@pytest.mark.parametrize(("system_type", "feed", "count", "face"), FEEDS)
@pytest.mark.parametrize("behaviour", ["error", "truncate", "throttle"])
def test_flakes_cost_nothing_but_time(lab, short_pages, system_type, feed, count, face, behaviour):
    lab.misbehave(face, behaviour, probability=0.3, seed=5, retry_after=0, count=2)
    ids, _, _ = poll(lab.connector(system_type, **SMALL), feed)
    assert len(set(ids)) == count


@pytest.mark.parametrize(("system_type", "feed", "count", "face"), FEEDS)
def test_pages_that_shift_while_they_are_read_lose_nothing(lab, short_pages, system_type, feed, count, face):
    lab.misbehave(face, "shift")
    ids, _, _ = poll(lab.connector(system_type, **SMALL), feed)
    assert len(set(ids)) == count


def test_an_object_that_changes_is_read_again_and_so_is_one_that_was_committed_late(lab):
    connector = lab.connector("shopify", **SMALL)
    _, _, cursor = poll(connector, "orders")
    late = AT + timedelta(seconds=10)  # stamped before the newest, visible after the poll
    lab.sql("update lab.objects set changed_at = %s where system = 'shop' and object_id = '451000019'", late)
    lab.sql("update lab.objects set changed_at = %s where system = 'shop' and object_id = '451000020'", NOW)
    again, _, _ = poll(connector, "orders", cursor)
    assert {"451000019", "451000020"} <= set(again)


def test_a_first_load_that_dies_goes_on_where_it_stopped(lab):
    connector = lab.connector("shopify", **SMALL)
    reading = connector.pages("orders", {})
    first = next(reading)
    head = [record.native_id for record in connector.records("orders", first.content)]
    reading.close()
    rest, pages, cursor = poll(lab.connector("shopify", **SMALL), "orders", first.cursor)
    assert len(head) == 7
    assert len(rest) == 18
    assert len(set(head + rest)) == 25
    assert all(page.server_at == first.server_at for page in pages)
    assert set(cursor) == {"through"}


def test_a_page_cursor_that_has_expired_begins_the_load_again(lab):
    stale = {
        "next": f"{lab.base}/shop/admin/api/2024-10/orders.json?limit=7&page_info=bm9uc2Vuc2U=",
        "began": AT.isoformat(),
    }
    ids, _, _ = poll(lab.connector("shopify", **SMALL), "orders", stale)
    assert len(set(ids)) == 25


def test_a_zendesk_cursor_that_is_not_known_any_more_falls_back_to_its_time(lab):
    ids, _, cursor = poll(lab.connector("zendesk"), "tickets")
    assert set(cursor) == {"cursor", "through"}
    again, _, _ = poll(lab.connector("zendesk"), "tickets", {**cursor, "cursor": "nonsense"})
    assert again == ids


@pytest.mark.parametrize(
    ("system_type", "feed", "expected"),
    [("sap_s4", "sales_orders", 11), ("shopify", "orders", 0), ("epcis", "events", 25), ("easypost", "trackers", 0)],
)
def test_a_window_reads_what_belongs_to_it_and_moves_no_cursor_of_its_own(lab, system_type, feed, expected):
    """Each order changed a second after the one before, the first at AT; picks were recorded ten hours later."""
    windows = {
        "sales_orders": (AT + timedelta(seconds=5), AT + timedelta(seconds=14)),
        "orders": (AT - timedelta(days=2), AT - timedelta(days=1)),
        "events": (AT + timedelta(hours=9), AT + timedelta(hours=12)),
        "trackers": (AT - timedelta(days=2), AT - timedelta(days=1)),
    }
    begins, ends = windows[feed]
    ids, _, _ = poll(lab.connector(system_type), feed, {"from": begins.isoformat()}, ends)
    assert len(set(ids)) == expected


def test_an_outage_is_told_apart_from_throttling(lab):
    lab.misbehave("wms", "error")
    with pytest.raises(PartnerDown, match="500"):
        poll(lab.connector("epcis"), "events")
    lab.misbehave("zendesk", "throttle", retry_after=60)
    with pytest.raises(Throttled) as caught:
        poll(lab.connector("zendesk"), "tickets")
    assert caught.value.retry_after == 60


def test_records_have_the_systems_own_times(lab):
    connector = lab.connector("sap_s4")
    (page,) = connector.pages("sales_orders", {})
    records = list(connector.records("sales_orders", page.content))
    assert sorted(record.changed_at for record in records) == [AT + timedelta(seconds=n) for n in range(25)]
    (page,) = connector.pages("deliveries", {})
    assert {r.changed_at for r in connector.records("deliveries", page.content)} == {datetime(2026, 3, 3, tzinfo=UTC)}


def test_the_delivery_delta_is_a_day_in_the_systems_own_time_zone(lab):
    """02:00 UTC of the 4th is still the 3rd in New York: the deliveries of the 3rd are asked for."""
    since = {"through": "2026-03-04T02:00:00+00:00"}
    there = lab.connector("sap_s4", time_zone="America/New_York")
    assert len(poll(there, "deliveries", since)[0]) == 25
    assert poll(lab.connector("sap_s4"), "deliveries", since)[0] == []


def test_reading_the_same_page_twice_gives_the_same_bytes(lab):
    connector = lab.connector("sap_s4")
    (page,) = connector.pages("sales_orders", {})
    first = list(connector.records("sales_orders", page.content))
    assert list(lab.connector("sap_s4").records("sales_orders", page.content)) == first
