"""What the lab says is what the systems' owners have published: schema, metadata, recorded answers."""

from __future__ import annotations

import csv
import io
import itertools
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

import lab_samples as samples
from crossdock.connectors.standard.layout import columns, schema
from crossdock_lab.systems.easypost import payloads as easypost
from crossdock_lab.systems.easypost import shipments
from crossdock_lab.systems.epcis import payloads as epcis
from crossdock_lab.systems.returns import payloads as returns
from crossdock_lab.systems.sap import payloads as sap
from crossdock_lab.systems.sap import sets
from crossdock_lab.systems.shopify import payloads as shopify
from crossdock_lab.systems.shopify import service as shopify_service
from crossdock_lab.systems.x12 import payloads as x12
from crossdock_lab.systems.zendesk import payloads as zendesk
from crossdock_lab.world.catalogue import WAREHOUSES

pytestmark = pytest.mark.real_data
ORDER = samples.order()

LINES = ("PO1", "PID")
"""What a line of an 850 is made of; it is repeated."""

EDMX = {
    "API_SALES_ORDER_SRV": "API_SALES_ORDER_SRV.edmx",
    "API_OUTBOUND_DELIVERY_SRV": "OP_API_OUTBOUND_DELIVERY_SRV_0002.edmx",
    "API_MATERIAL_STOCK_SRV": "API_MATERIAL_STOCK_SRV.edmx",
}
WIRE = {
    "Edm.String": lambda value, length: isinstance(value, str) and (length is None or len(value) <= length),
    "Edm.Decimal": lambda value, _: isinstance(value, str) and float(value) is not None,
    "Edm.DateTime": lambda value, _: (
        value is None or (value.startswith("/Date(") and int(value[6:-2]) % 86_400_000 == 0)
    ),
    "Edm.DateTimeOffset": lambda value, _: value.startswith("/Date(") and value.endswith("+0000)/"),
    "Edm.Time": lambda value, _: value.startswith("PT") and value.endswith("S"),
    "Edm.Boolean": lambda value, _: isinstance(value, bool),
}


def published(real_data: Path, service: str) -> dict[str, dict[str, ET.Element]]:
    """{entity type: {property: its declaration}} of a published service."""
    root = ET.parse(real_data / "api" / "sap_s4_odata" / EDMX[service]).getroot()
    types = (element for element in root.iter() if element.tag.endswith("}EntityType"))
    return {t.get("Name"): {p.get("Name"): p for p in t if p.tag.endswith("}Property")} for t in types}


def test_sap_sets_are_subsets_of_the_published_services(real_data: Path) -> None:
    """Every set, property, type, key and link that the lab's SAP has is in the EDMX under that name."""
    for service, served in sets.SERVICES.items():
        root = ET.parse(real_data / "api" / "sap_s4_odata" / EDMX[service]).getroot()
        names = {element.get("Name") for element in root.iter()}
        types = published(real_data, service)
        for entities in served.values():
            declared = types[entities.type_name.rsplit(".", 1)[1]]
            assert {n: declared[n].get("Type") for n in entities.properties} == dict(entities.properties)
            assert entities.name in names
            assert names >= set(entities.navigation)
            assert set(entities.keys) <= set(entities.properties)


@pytest.mark.parametrize(
    ("entities", "payload"),
    [
        (sets.SALES_ORDER, sap.sales_order(samples.sales_order(ORDER))),
        (sets.SALES_ORDER_ITEM, sap.sales_order(samples.sales_order(ORDER))),
        (sets.SCHEDULE_LINE, sap.sales_order(samples.sales_order(ORDER))),
        (sets.DELIVERY, sap.delivery(samples.delivery(ORDER))),
        (sets.DELIVERY_ITEM, sap.delivery(samples.delivery(ORDER))),
        (sets.STOCK, sap.material_stock(samples.stock())),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
def test_sap_values_are_of_their_published_types(real_data: Path, entities: sets.EntitySet, payload: dict) -> None:
    """Each value has the wire form of its Edm type and fits its length; days are midnights; all is declared."""
    service = next(name for name, served in sets.SERVICES.items() if entities.name in served)
    declared = published(real_data, service)[entities.type_name.rsplit(".", 1)[1]]
    rows = entities.rows_of(payload)
    assert rows
    for row in rows:
        for name, value in row.items():
            if name in entities.navigation:
                continue
            length = declared[name].get("MaxLength")
            assert WIRE[declared[name].get("Type")](value, int(length) if length else None), (name, value)
        assert set(row) - set(entities.navigation) <= set(entities.properties)


def test_a_delivery_says_its_moments_in_two_fields() -> None:
    """Goods left at 05:30 UTC of the next day: the date is a midnight and the time stands beside it."""
    said = sap.delivery(samples.delivery(ORDER))
    assert said["ActualGoodsMovementTime"] == "PT05H30M00S"
    assert "T" not in said["ActualGoodsMovementDate"]
    assert not any("Change" in name for name in sap.material_stock(samples.stock()))


@pytest.mark.parametrize("step", samples.STEPS)
def test_epcis_documents_are_valid(real_data: Path, step: str) -> None:
    """Both documents, pushed and queried, and the event in them, pass the EPCIS 2.0 JSON Schema."""
    schema = json.loads((real_data / "api" / "gs1_epcis" / "EPCIS-JSON-Schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    event = epcis.event(samples.warehouse_event(ORDER, step))
    for document in (
        epcis.push([event]),
        epcis.query_document([event], samples.NOW),
        epcis.query_document([], samples.NOW),
    ):
        assert [error.message for error in validator.iter_errors(document)] == []


def test_an_event_names_delivery_and_parcel() -> None:
    """`desadv` ends in SAP's delivery number; once packed, `bol` ends in the tracking number."""
    papers = epcis.event(samples.warehouse_event(ORDER, "shipping"))["bizTransactionList"]
    assert [(p["type"], p["bizTransaction"].rsplit(":", 1)[1]) for p in papers] == [
        ("desadv", "0081000017"),
        ("bol", "1Z1000017"),
    ]
    assert epcis.gln("0614141") == "0614141000005"


def test_what_comes_back_is_received_under_its_return() -> None:
    """CBV's words: step `receiving`, disposition `returned`, and the return as `rma` in place of the delivery."""
    event = epcis.event(samples.warehouse_event(ORDER, "receiving"))
    assert (event["bizStep"], event["disposition"]) == ("receiving", "returned")
    assert [(p["type"], p["bizTransaction"].rsplit(":", 1)[1]) for p in event["bizTransactionList"]] == [
        ("rma", "RMA10000170"),
    ]


def test_a_return_is_exported_in_the_published_layout() -> None:
    """The columns of the standard feed, times in UTC, the ERP's order number; the published schema holds."""
    exported = list(csv.reader(io.StringIO(returns.export(samples.return_line(ORDER)).decode())))
    assert exported[0] == columns("returns")
    row = {name: value or None for name, value in zip(*exported, strict=True)}
    jsonschema.validate(row, schema("returns"))
    assert (row["return_ref"], row["order_ref"], row["status"]) == ("RMA10000170", "17", "approved")
    assert (row["requested_at"], row["refunded_at"]) == ("2026-03-06T09:30:00Z", None)


def shape(value: object) -> object:
    """What a recorded value says of form: kinds of values by key, the first element of a list."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def differences(said: object, recorded: object, at: str = "") -> list[str]:
    """Where `said` lacks a key of `recorded`, or has another kind of value where both have one."""
    if isinstance(said, dict) and isinstance(recorded, dict):
        missing = [f"{at}.{name} is missing" for name in recorded if name not in said]
        return missing + [
            d for name in recorded if name in said for d in differences(said[name], recorded[name], f"{at}.{name}")
        ]
    if isinstance(said, list) and isinstance(recorded, list):
        return differences(said[0], recorded[0], f"{at}[]") if said and recorded else []
    if (
        said is None
        or recorded is None
        or (isinstance(said, bool) == isinstance(recorded, bool) and type(said) is type(recorded))
    ):
        return []
    return [f"{at} is {shape(said)}, recorded as {shape(recorded)}"]


def test_easypost_trackers_are_as_recorded(real_data: Path) -> None:
    """A tracker and its details have every key, of the same kind, that EasyPost's recorded answer has."""
    recorded = json.loads((real_data / "api" / "easypost" / "tracker_all__1_GET_200.json").read_text())
    said = easypost.tracker(samples.tracker(ORDER))
    assert differences(said, recorded["trackers"][0]) == []
    assert set(said) == set(recorded["trackers"][0])


@pytest.mark.parametrize(
    ("fixture", "bought"), [("shipment_create__1_POST_201", False), ("shipment_buy__2_POST_200", True)]
)
def test_easypost_shipments_are_as_recorded(real_data: Path, fixture: str, bought: bool) -> None:
    """A shipment, its rates and its label have the keys and kinds of the recorded ones."""
    recorded = json.loads((real_data / "api" / "easypost" / f"{fixture}.json").read_text())
    given = {name: recorded[name] for name in ("to_address", "from_address", "parcel", "reference")}
    said = shipments.shipment("shp_7", given, samples.NOW)
    if bought:
        said |= shipments.bought("shp_7", said["rates"][0], samples.NOW)
        said["tracker"] = shipments.first_tracker(said, samples.NOW)
    known = {name: value for name, value in recorded.items() if name not in ("customs_info", "options", "parcel")}
    assert differences(said, known) == []


def test_the_shipment_behind_a_tracker_is_as_recorded(real_data: Path) -> None:
    """Of a label that somebody else bought, with the tracker's own number, carrier and service."""
    recorded = json.loads((real_data / "api" / "easypost" / "shipment_refund__2_POST_200.json").read_text())
    tracker = easypost.tracker(samples.tracker(ORDER))
    said = shipments.of_tracker(tracker)
    ours = {name: value for name, value in recorded.items() if name not in ("parcel", "options")}
    addresses = {name for name in ours if name.endswith("_address")}
    assert differences(said, {name: value for name, value in ours.items() if name not in addresses}) == []
    assert (said["tracking_code"], said["selected_rate"]["service"]) == (tracker["tracking_code"], "Ground")


def test_easypost_events_carry_the_tracker() -> None:
    """The first push of a tracker is tracker.created, a later one tracker.updated with what it was before."""
    said = easypost.tracker(samples.tracker(ORDER))
    event = easypost.push(said, "evt_1", samples.NOW)
    assert (event["object"], event["description"], event["result"]) == ("Event", "tracker.updated", said)
    assert event["previous_attributes"] == {"status": "pre_transit"}


@pytest.mark.parametrize(
    ("fixture", "key", "said", "optional"),
    [
        ("order", "order", shopify.order(samples.shop_order(ORDER)),
         {"cart_token", "checkout_token", "landing_site", "reference", "referring_site", "source", "total_price_usd",
          "browser_ip", "landing_site_ref", "processing_method", "checkout_id", "payment_details", "client_details"}),
        ("fulfillment", "fulfillment", shopify.fulfillment(samples.fulfillment(ORDER)), set()),
        ("inventory_levels", "inventory_levels", [shopify.inventory_level(samples.inventory_level())], set()),
        ("location", "location", shopify_service.location(WAREHOUSES[0]), set()),
    ],
    ids=["order", "fulfillment", "inventory_level", "location"],
)  # fmt: skip
def test_shopify_objects_are_as_recorded(real_data: Path, fixture: str, key: str, said: object, optional: set) -> None:
    """Every key of Shopify's fixture is there, of the same kind, but for what a checkout leaves behind."""
    recorded = json.loads((real_data / "api" / "shopify" / "admin_rest_fixtures" / f"{fixture}.json").read_text())[key]
    if isinstance(recorded, dict):
        recorded = {name: value for name, value in recorded.items() if name not in optional | {"customer", "receipt"}}
    assert differences(said, recorded) == []


def test_zendesk_tickets_have_the_published_columns(real_data: Path) -> None:
    """Every field of a ticket as exported from Zendesk is in ours, but for what the exporter itself added."""
    path = real_data / "api" / "zendesk" / "fivetran_dbt_zendesk_seeds" / "ticket_data.csv"
    with path.open(newline="") as file:
        columns = next(csv.reader(file))
    added = {"_fivetran_synced", "merged_ticket_ids", "system_client", "via_followup_source_id"}
    wanted = {name for name in columns if name not in added and not name.startswith("via_")}
    said = zendesk.ticket(samples.ticket(ORDER))
    assert wanted <= set(said)
    assert said["via"]["channel"]
    assert said["external_id"] == "shop-main/order/1000017"


def spec(real_data: Path, kind: str) -> ET.Element:
    folder = real_data / "x12" / "_definitions" / "inteligenz_x12parser"
    return ET.parse(folder / f"Ansi-{kind}-4010Specification.xml").getroot()


def places(node: ET.Element) -> list[str]:
    """The segments of a definition in the order in which a set may have them, loops unrolled once, trailers last."""
    found: list[str] = []
    last: list[str] = []
    for child in node:
        name = child.tag.rsplit("}", 1)[1]
        if name in ("Segment", "StartingSegment"):
            (last if child.get("Trailer") else found).append(child.get("SegmentId"))
        elif name == "Loop":
            found += places(child)
    return found + last


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("850", x12.purchase_order_850(samples.purchase_order(samples.order(channel="edi")))),
        ("997", x12.functional_ack_997(samples.acknowledgement("A"))),
        ("997", x12.functional_ack_997(samples.acknowledgement("R"))),
    ],
    ids=["850", "997 accepted", "997 rejected"],
)
def test_x12_sets_follow_the_standard(real_data: Path, kind: str, content: bytes) -> None:
    """The envelope counts and numbers agree, and the segments stand in the order of the 004010 definition."""
    segments = [line.rstrip("~").split("*") for line in content.decode().splitlines()]
    isa, gs, st, *body, se, ge, iea = segments
    assert len("*".join(isa)) + 1 == 106
    assert (isa[13], gs[6], st[2]) == (iea[2], ge[2], se[2])
    assert (se[1], ge[1], iea[1]) == (str(len(body) + 2), "1", "1")
    assert st[1] == kind
    order, at = places(spec(real_data, kind)), 0
    once = [head for head, _ in itertools.groupby(segment[0] for segment in body if segment[0] not in LINES[1:])]
    for head in once:
        at = order.index(head, at)
    inside = [segment[0] for segment in body if segment[0] in LINES]
    assert inside == list(LINES) * (len(inside) // 2)
