"""One list of the customers' tiers: ref.customer_tiers; the lab, the maps and the policies name no other."""

from __future__ import annotations

import csv

import pytest

from crossdock.contracts import codes
from crossdock.contracts.codes import Code
from crossdock.core.errors import Refused
from crossdock.core.settings import settings
from crossdock.remediation.policies import files
from crossdock.remediation.policies.model import UNKNOWN_TIER
from crossdock_lab.world.catalogue import CUSTOMERS, TIER_SAP


@pytest.fixture
def tiers(app) -> set[str]:
    """The list."""
    return {tier for (tier,) in app.execute("select customer_tier from ref.customer_tiers")}


def test_the_lab_has_exactly_these_tiers(tiers):
    """Of its customers and of its ERP's groups."""
    assert {customer.tier for customer in CUSTOMERS} == set(TIER_SAP) == tiers


def test_code_maps_lead_to_these_tiers(tiers):
    """Of every partner that comes with the package."""
    rows = [
        row
        for folder in settings().partner_dirs
        for path in folder.glob("*/code_maps.csv")
        for row in csv.DictReader(path.open())
        if row["kind"] == "customer_tier"
    ]
    assert rows
    assert {row["our_code"] for row in rows} <= tiers


def test_policies_name_these_tiers(tiers):
    """In what they ask about and in what they reckon with."""
    for policy in files.read_all():
        asked = set(policy.approval.tiers if policy.approval else ())
        assert asked | set(policy.knobs.late_day_cost_by_tier) <= tiers | {UNKNOWN_TIER}


def test_a_code_that_is_no_tier_is_refused_by_name(app):
    """Whoever maps a customer group to a word that is not on the list is told which words are."""
    with pytest.raises(Refused, match="cannot be 'platinum': there is no such tier") as error:
        codes.add(app, Code("sap_s4", "sap-main", "customer_tier", "04", "platinum"), approved_by="test")
    assert "gold, silver, bronze" in error.value.hint
