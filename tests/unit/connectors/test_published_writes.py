"""What is written to SAP, and what the lab's SAP takes, is what the published services let a caller write."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from crossdock_lab.systems.sap import deliveries, sets

pytestmark = pytest.mark.real_data
SAP = "{http://www.sap.com/Protocols/SAPData}"
METADATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
EDMX = {
    "API_SALES_ORDER_SRV": "API_SALES_ORDER_SRV.edmx",
    "API_OUTBOUND_DELIVERY_SRV": "OP_API_OUTBOUND_DELIVERY_SRV_0002.edmx",
}
CHANGED = {
    "A_SalesOrderType": ("RequestedDeliveryDate", "DeliveryBlockReason"),
    "A_SalesOrderItemType": ("ProductionPlant",),
    "A_SalesOrderItemPrElementType": ("ConditionRateValue",),
    "A_OutbDeliveryHeaderType": ("BillOfLading", "ProposedDeliveryRoute", "DeliveryDocumentBySupplier"),
    "A_OutbDeliveryItemType": ("ActualDeliveryQuantity",),
}
"""What our commands change."""


def root(real_data: Path, service: str) -> ET.Element:
    return ET.parse(real_data / "api" / "sap_s4_odata" / EDMX[service]).getroot()


def properties(real_data: Path) -> dict[str, dict[str, ET.Element]]:
    """{entity type: {property: declaration}} of both services."""
    types = [e for service in EDMX for e in root(real_data, service).iter() if e.tag.endswith("}EntityType")]
    return {t.get("Name"): {p.get("Name"): p for p in t if p.tag.endswith("}Property")} for t in types}


def test_only_what_can_be_changed_is_changed(real_data: Path) -> None:
    """`sap:updatable` of each property is not false."""
    declared = properties(real_data)
    locked = [(t, n) for t, names in CHANGED.items() for n in names if declared[t][n].get(f"{SAP}updatable") == "false"]
    assert locked == []


def test_a_new_delivery_says_just_what_it_may(real_data: Path) -> None:
    """The lab takes of a new delivery what `sap:creatable` allows, and nothing beside it."""
    declared = properties(real_data)

    def creatable(name: str) -> set[str]:
        return {n for n, p in declared[name].items() if p.get(f"{SAP}creatable") != "false"}

    assert creatable("A_OutbDeliveryHeaderType") == deliveries.HEADER
    assert creatable("A_OutbDeliveryItemType") - {"DeliveryDocument"} == deliveries.ITEM
    reference = declared["A_OutbDeliveryHeaderType"]["DeliveryDocumentBySupplier"]
    assert int(reference.get("MaxLength")) >= 35


def test_functions_are_published_with_their_parameter(real_data: Path) -> None:
    """Each is called with POST, and names the entity by the published parameter."""
    for service, functions in sets.FUNCTIONS.items():
        published = {e.get("Name"): e for e in root(real_data, service).iter() if e.tag.endswith("}FunctionImport")}
        for name, (entities, parameter, is_conditional) in functions.items():
            declared = published[name]
            assert declared.get(f"{METADATA}HttpMethod") == "POST"
            assert parameter in [child.get("Name") for child in declared]
            assert is_conditional == (declared.get(f"{SAP}action-for", "").endswith(f".{entities}Type"))
