"""Contracts are honest: what the systems really send breaks nothing but what nobody has mapped yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crossdock.connectors.base import connector_for
from crossdock.contracts.load import load
from crossdock.contracts.memory import judge_payload, parse
from crossdock.core.settings import settings
from crossdock.onboarding.folder import find

FIXTURES = [
    ("shopify", "orders", "shopify/admin_rest_fixtures/orders.json"),
    ("shopify", "fulfillments", "shopify/admin_rest_fixtures/fulfillment.json"),
    ("shopify", "inventory_levels", "shopify/admin_rest_fixtures/inventory_levels.json"),
    ("easypost", "trackers", "easypost/tracker_all__1_GET_200.json"),
    ("easypost", "trackers", "easypost/tracker_retrieve__2_GET_200.json"),
]


@pytest.mark.real_data
@pytest.mark.parametrize(("system_type", "feed", "path"), FIXTURES)
def test_recorded_payloads_lack_nothing_but_maps(real_data: Path, system_type, feed, path):
    """Recorded answers of the real systems, judged without any code map."""
    content = (real_data / "api" / path).read_bytes()
    contract = load(f"{system_type}/{feed}.v1")
    records = list(connector_for(system_type).records(feed, content))
    assert records
    broken = {v[1:3] for record in records for v in judge_payload(contract, parse(record.payload), set())}
    assert {rule for rule, _ in broken} <= {"mapped"}, broken


@pytest.mark.real_data
def test_published_epcis_events_lack_nothing_but_maps(real_data: Path):
    """GS1's own examples, every event of them."""
    contract = load("epcis/events.v1")
    count, broken = 0, set()
    for path in sorted((real_data / "api" / "gs1_epcis" / "JSON").rglob("*.jsonld")):
        data = json.loads(path.read_text())
        if data.get("type") != "EPCISDocument":
            continue
        for record in connector_for("epcis").records("events", path.read_bytes()):
            count += 1
            broken |= {(v.rule, v.field) for v in judge_payload(contract, parse(record.payload), set())}
    assert count > 20
    assert {rule for rule, _ in broken} <= {"mapped"}, broken


def test_every_partner_that_ships_has_the_maps_its_contracts_ask_for():
    """A kind that must be mapped and of which the partner has no row would set everything aside."""
    for partner in find(settings().partner_dirs):
        kinds = {row.kind for row in partner.codes()}
        for feed in partner.feeds:
            for schema in load(partner.contract(feed)).schema_:
                asked = {p.code_map for p in schema.properties if p.must_be_mapped and not p.custom.get("ownCodes")}
                assert asked <= kinds, (partner.partner, feed, asked - kinds)
