"""The lab's partners have a mapping for every code that its systems say."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.core.settings import Settings
from crossdock.onboarding import conformance, folder
from crossdock_lab.world import catalogue

PARTNERS = {
    "sap-main": "sap_s4",
    "wms-main": "epcis",
    "easypost": "easypost",
    "shop-main": "shopify",
    "acme-edi": "x12",
    "returns-main": "standard",
    "zendesk": "zendesk",
}


def mapped(partner: str) -> dict[tuple[str, str], str]:
    place = Settings().partner_dirs[0] / partner
    rows = folder.read_codes(Path(place) / "code_maps.csv", PARTNERS[partner])
    return {(row.kind, row.their_code): row.our_code for row in rows}


@pytest.mark.parametrize("partner", PARTNERS)
def test_every_code_of_the_catalogue_is_mapped(partner: str) -> None:
    """Items, units, places, carriers, parties: as the distributor's master data say."""
    known = mapped(partner)
    wanted = catalogue.code_maps(PARTNERS[partner])
    assert [(kind, theirs) for kind, theirs, ours in wanted if known.get((kind, theirs)) != ours] == []


def test_nothing_maps_the_unknown_item() -> None:
    """A part number that is in nobody's map is what an unmapped-code fault needs."""
    assert not [partner for partner in PARTNERS if any(code == catalogue.UNMAPPED for _, code in mapped(partner))]


def test_every_folder_reads() -> None:
    """partner.yaml says what it may say, and names its feeds."""
    read = {name: folder.read(Settings().partner_dirs[0] / name) for name in PARTNERS}
    assert {name: partner.system_type for name, partner in read.items()} == PARTNERS
    assert all(partner.feeds and partner.connection for partner in read.values())


@pytest.mark.parametrize("partner", PARTNERS)
def test_samples_do_as_they_say(partner: str) -> None:
    """Good samples pass whole; bad ones are set aside for the stated reasons and no other."""
    outcome = conformance.check(folder.read(Settings().partner_dirs[0] / partner))
    assert outcome.problems == []
    assert outcome.read
