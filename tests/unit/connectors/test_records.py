"""Documents to records: what each system's published words become."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from crossdock.connectors.base import connector_for, feeds_of, system_types
from crossdock.core.errors import Misconfigured, NotPermitted, Unparsable


def read(system_type: str, feed: str, document: object) -> list:
    content = document if isinstance(document, bytes) else orjson.dumps(document)
    return list(connector_for(system_type).records(feed, content))


def test_every_folder_is_a_connector_that_parses_without_a_connection():
    for system_type in system_types():
        connector = connector_for(system_type)
        assert connector.system_type == system_type
        assert connector.feeds == feeds_of(system_type)
        assert connector.feeds, f"{system_type} reads nothing"


def test_an_unknown_system_type_is_named_with_the_known_ones():
    with pytest.raises(Misconfigured, match="'sap_r2'") as caught:
        connector_for("sap_r2")
    assert "shopify" in caught.value.hint


def test_a_connector_without_a_connection_says_so_when_asked_to_poll():
    with pytest.raises(Misconfigured, match="without a connection"):
        next(iter(connector_for("shopify").pages("orders", {})))


def test_an_unknown_feed_is_refused():
    with pytest.raises(Misconfigured, match="no feed 'refunds'"):
        read("shopify", "refunds", {})


def test_the_payload_is_the_object_as_it_was_sent_without_spaces():
    record = read(
        "shopify",
        "orders",
        b'{"orders": [ {"id": 7, "z": 1, "a": "\xc3\xa9", "updated_at": "2026-01-02T03:04:05-05:00"} ]}',
    )[0]
    assert record.native_id == "7"
    assert record.payload == '{"id":7,"z":1,"a":"é","updated_at":"2026-01-02T03:04:05-05:00"}'.encode()
    assert record.changed_at == datetime(2026, 1, 2, 8, 4, 5, tzinfo=UTC)


def test_an_item_without_its_key_is_kept_under_the_hash_of_its_bytes_and_its_neighbours_go_on():
    good, without, not_even_an_object = read("shopify", "orders", {"orders": [{"id": 1}, {"name": "#2"}, None]})
    assert good.native_id == "1"
    assert without.native_id.startswith("unkeyed/")
    assert without.payload == b'{"name":"#2"}'
    assert not_even_an_object.payload == b"null"
    assert without.native_id != not_even_an_object.native_id


@pytest.mark.parametrize("id_", [True, 1.5, "", "  ", [], {}])
def test_what_is_no_id_makes_no_key(id_):
    assert read("shopify", "orders", {"orders": [{"id": id_}]})[0].native_id.startswith("unkeyed/")


def test_shopify_fulfillments_are_read_from_orders_pages_and_from_webhooks():
    page = {"orders": [{"id": 1, "fulfillments": [{"id": 11}, {"id": 12}]}, {"id": 2}, {"id": 3, "fulfillments": []}]}
    assert [r.native_id for r in read("shopify", "fulfillments", page)] == ["11", "12"]
    assert [r.native_id for r in read("shopify", "fulfillments", {"id": 13, "order_id": 1})] == ["13"]


def test_shopify_levels_are_keyed_by_item_and_place():
    page = {"inventory_levels": [{"inventory_item_id": 8, "location_id": 9}, {"inventory_item_id": 8}]}
    assert [r.native_id.split("/")[0] for r in read("shopify", "inventory_levels", page)] == ["8", "unkeyed"]


def test_sap_payloads_hold_nothing_of_the_server_that_answered():
    item = {
        "__metadata": {"uri": "https://a/x"},
        "SalesOrderItem": "10",
        "to_ScheduleLine": {"results": [{"__metadata": {}, "ScheduleLine": "1"}]},
        "to_Text": {"__deferred": {"uri": "https://a/y"}},
    }
    order = {
        "__metadata": {"etag": "W/1"},
        "SalesOrder": "4712",
        "LastChangeDateTime": "/Date(1700000000123+0000)/",
        "to_Item": {"results": [item]},
    }
    record = read("sap_s4", "sales_orders", {"d": {"results": [order], "__next": "…"}})[0]
    assert orjson.loads(record.payload) == {
        "SalesOrder": "4712",
        "LastChangeDateTime": "/Date(1700000000123+0000)/",
        "to_Item": {"results": [{"SalesOrderItem": "10", "to_ScheduleLine": {"results": [{"ScheduleLine": "1"}]}}]},
    }
    assert record.changed_at == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert read("sap_s4", "sales_orders", {"d": order})[0] == record


def test_a_delivery_is_as_new_as_its_day_of_change_or_of_creation():
    created = {"DeliveryDocument": "80", "CreationDate": "/Date(1700006400000)/", "LastChangeDate": None}
    changed = created | {"LastChangeDate": "/Date(1700092800000)/"}
    before, after = read("sap_s4", "deliveries", {"d": {"results": [created, changed]}})
    assert before.changed_at == datetime(2023, 11, 15, tzinfo=UTC)
    assert after.changed_at == datetime(2023, 11, 16, tzinfo=UTC)


def test_stock_is_keyed_by_all_eleven_fields_and_has_no_time():
    row = {"Material": "TG11", "Plant": "1710", "StorageLocation": "171A", "InventoryStockType": "01", "Batch": ""}
    record = read("sap_s4", "material_stock", {"d": {"results": [row]}})[0]
    assert record.native_id == "TG11/1710/171A////////01"
    assert record.changed_at is None


def test_an_epcis_event_without_an_id_is_known_by_its_content_but_for_the_time_of_its_recording():
    event = {"type": "ObjectEvent", "eventTime": "2026-01-01T00:00:00Z", "bizStep": "picking"}
    first = read("epcis", "events", {"epcisBody": {"eventList": [event | {"recordTime": "2026-01-01T00:01:00Z"}]}})
    again = read("epcis", "events", {"epcisBody": {"eventList": [{"recordTime": "2026-01-01T00:09:00Z", **event}]}})
    other = read("epcis", "events", {"epcisBody": {"eventList": [event | {"bizStep": "packing"}]}})
    assert first[0].native_id == again[0].native_id != other[0].native_id
    assert first[0].native_id.startswith("ni:///sha-256;")
    assert first[0].changed_at < again[0].changed_at


def test_a_declared_error_is_the_newer_version_of_the_event():
    event = {"eventID": "e1", "type": "ObjectEvent", "recordTime": "2026-01-01T00:00:00Z"}
    wrong = event | {"errorDeclaration": {"declarationTime": "2026-01-02T00:00:00Z"}}
    first, second = read("epcis", "events", {"epcisBody": {"eventList": [event, wrong]}})
    assert first.native_id == second.native_id == "e1"
    assert second.changed_at > first.changed_at


def test_an_easypost_event_brings_its_tracker():
    tracker = {"id": "trk_1", "object": "Tracker", "updated_at": "2026-01-01T00:00:00Z"}
    event = {"object": "Event", "description": "tracker.updated", "result": tracker}
    listed = read("easypost", "trackers", {"trackers": [tracker], "has_more": False})
    assert read("easypost", "trackers", event) == listed


def test_zendesk_tickets_come_in_pages_or_alone():
    ticket = {"id": 35436, "updated_at": "2026-01-01T00:00:00Z", "external_id": "sap-main/sales_order/1"}
    assert read("zendesk", "tickets", {"tickets": [ticket]}) == read("zendesk", "tickets", {"ticket": ticket})


@pytest.mark.parametrize("given", ["yesterday", 7, None, "2026-13-01T00:00:00Z"])
def test_a_time_that_cannot_be_read_is_left_to_the_contract(given):
    assert read("zendesk", "tickets", {"tickets": [{"id": 1, "updated_at": given}]})[0].changed_at is None


@pytest.mark.parametrize(
    ("system_type", "feed"),
    [(s, f) for s in ("sap_s4", "epcis", "easypost", "shopify", "zendesk") for f in feeds_of(s)],
)
@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b'{"orders":', b"\xff\xfe", b'"text"', b"{}", b"[" * 600])
def test_what_is_no_document_of_the_feed_is_unparsable(system_type, feed, content):
    with pytest.raises(Unparsable):
        read(system_type, feed, content)


def test_systems_without_webhooks_let_nobody_in():
    with pytest.raises(NotPermitted, match="sends no webhooks"):
        connector_for("sap_s4").verify({}, b"{}")
    with pytest.raises(Unparsable):
        connector_for("zendesk").route({}, b"{}")
