"""Master data: the same in every world, whatever the seed. Each party carries every system's code for itself."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from crossdock_lab.world.model import Carrier, Customer, Item, Warehouse

COMPANY_PREFIX = "0614141"
"""The GS1 company prefix of the distributor, the one GS1 uses in its own examples."""
SHOP_SOLD_TO = "10100001"
EDI_SOLD_TO = "10100002"
PROOF_BLOCK = "ZP"
"""HeaderBillingBlockReason of an order whose proof of delivery is outstanding: a reason of the distributor's own."""
PRICE_BLOCK = "05"
"""HeaderBillingBlockReason of an order whose price is to be agreed."""
UNMAPPED = "NEW-ITEM-9000"
"""A part number that is in nobody's code map."""

_SGLN = f"urn:epc:id:sgln:{COMPANY_PREFIX}."
WAREHOUSES = (
    Warehouse("DC-EAST", "Distribution centre East", "1710", "171A", "1710", _SGLN + "00101.0",
              655441491, "Newark", "NJ", "07114"),
    Warehouse("DC-WEST", "Distribution centre West", "1720", "172A", "1720", _SGLN + "00102.0",
              655441492, "Reno", "NV", "89506"),
    Warehouse("DC-SOUTH", "Distribution centre South", "1730", "173A", "1730", _SGLN + "00103.0",
              655441493, "Dallas", "TX", "75236"),
    Warehouse("3PL-NORTH", "Northern Fulfilment Ltd.", "1790", "179A", "1790", _SGLN + "00190.0",
              655441499, "Minneapolis", "MN", "55411", is_third_party=True),
)  # fmt: skip

CARRIERS = (
    Carrier("UPS", "UPS", "UPS", "Ground", "UPS", "TR0001"),
    Carrier("FEDEX", "FedEx", "FedEx", "FEDEX_GROUND", "FedEx", "TR0002"),
    Carrier("USPS", "U.S. Postal Service", "USPS", "Priority", "USPS", "TR0003"),
)

_GOODS = (
    ("Cordless drill", "129.00", "1.9"), ("Impact driver", "149.50", "1.6"), ("Battery 18 V 4 Ah", "79.90", "0.7"),
    ("Angle grinder 125 mm", "89.00", "2.1"), ("Circular saw 190 mm", "164.00", "4.2"), ("Jigsaw", "112.40", "2.4"),
    ("Orbital sander", "68.75", "1.5"), ("Rotary hammer SDS-plus", "239.00", "3.1"), ("Laser level", "94.20", "0.5"),
    ("Tape measure 8 m", "12.95", "0.3"), ("Claw hammer 450 g", "18.40", "0.6"), ("Screwdriver set", "34.90", "0.9"),
    ("Hex key set", "14.25", "0.4"), ("Wrench 250 mm", "21.60", "0.5"), ("Pipe wrench 350 mm", "32.10", "1.3"),
    ("Safety glasses", "8.99", "0.1"), ("Hearing protection", "19.80", "0.3"), ("Work gloves, pair", "6.45", "0.1"),
    ("Hard hat", "16.70", "0.4"), ("Hi-vis vest", "9.30", "0.2"), ("LED work light", "44.00", "1.1"),
    ("Extension cord 25 m", "38.50", "3.4"), ("Tool bag", "52.00", "1.7"), ("Workbench, folding", "118.00", "11.5"),
    ("Wood screws 4x40", "24.80", "4.0"), ("Wall plugs 8 mm", "17.30", "1.2"), ("Machine bolts M8", "29.60", "5.5"),
    ("Cable ties 200 mm", "11.20", "1.0"), ("Sanding discs", "15.90", "0.8"), ("Cutting discs", "26.40", "2.2"),
    ("Masking tape", "13.75", "1.4"), ("Silicone sealant", "41.30", "4.8"), ("Wood glue", "36.20", "5.0"),
    ("Degreaser", "48.90", "6.1"), ("Contact adhesive", "57.40", "5.2"), ("Spray paint", "62.80", "4.4"),
    ("Lithium cells 18650", "88.00", "1.1"), ("Solvent, 1 l", "33.10", "1.2"), ("Propane cartridge", "21.90", "0.9"),
    ("Paint thinner", "27.70", "1.3"),
)  # fmt: skip
_CASES_FROM, _REGULATED_FROM = 24, 33


def _item(index: int, name: str, price: str, weight: str) -> Item:
    case = _CASES_FROM <= index < _REGULATED_FROM + 3
    return Item(
        sku=f"SKU-{1001 + index}",
        description=name,
        uom_code="CS" if case else "EA",
        sap_material=f"TG{2001 + index}",
        sap_unit="CAR" if case else "PC",
        gs1_item_ref=f"{1 if case else 0}{12001 + index:05d}",
        shop_sku=f"XD-{1001 + index}",
        shop_product_id=632910000 + index,
        shop_variant_id=808950000 + index,
        shop_inventory_item_id=39072000 + index,
        edi_part=f"VP{4001 + index}",
        edi_unit="CA" if case else "EA",
        unit_price=Decimal(price),
        weight_kg=Decimal(weight),
        is_regulated=index >= _REGULATED_FROM,
    )


ITEMS = tuple(_item(index, *goods) for index, goods in enumerate(_GOODS))

_TOWNS = (
    ("Albany", "NY", "12207"), ("Boston", "MA", "02110"), ("Chicago", "IL", "60607"), ("Denver", "CO", "80205"),
    ("Phoenix", "AZ", "85003"), ("Portland", "OR", "97205"), ("Atlanta", "GA", "30303"), ("Miami", "FL", "33130"),
    ("Houston", "TX", "77002"), ("Columbus", "OH", "43215"), ("Seattle", "WA", "98101"), ("Nashville", "TN", "37203"),
)  # fmt: skip
_SURNAMES = ("Adler", "Brooks", "Castillo", "Dufour", "Eriksen", "Fontaine", "Garnier", "Hopkins", "Ibarra", "Jansen")
_FIRST = ("Ana", "Ben", "Carla", "Dev", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luis")
_TIERS = ("gold", "silver", "silver", "bronze", "bronze", "bronze")
TIER_SAP = {"gold": "01", "silver": "02", "bronze": "03"}
"""CustomerGroup in SAP."""


def _customer(index: int) -> Customer:
    city, region, postal_code = _TOWNS[index % len(_TOWNS)]
    name = f"{_FIRST[index % len(_FIRST)]} {_SURNAMES[index // len(_FIRST) % len(_SURNAMES)]}"
    return Customer(
        customer_id=str(10200000 + index),
        name=name,
        email=f"{name.lower().replace(' ', '.')}.{index}@example.com",
        tier=_TIERS[index % len(_TIERS)],
        region=region,
        street=f"{100 + index * 7} Main Street",
        city=city,
        postal_code=postal_code,
    )


CUSTOMERS = tuple(_customer(index) for index in range(120))


def epc_class(item: Item) -> str:
    """The class of goods in an EPCIS quantity list."""
    return f"urn:epc:idpat:sgtin:{COMPANY_PREFIX}.{item.gs1_item_ref}.*"


@cache
def code_maps(system_type: str) -> tuple[tuple[str, str, str], ...]:
    """(kind, their code, our code) for items, units, places, carriers and partners of one system type.

    Status words are the connector's business and not here: these are the codes that only this distributor has.
    """
    return tuple(sorted(set(_CODE_MAPS[system_type]())))


def _sap() -> list[tuple[str, str, str]]:
    rows = [("sku", item.sap_material, item.sku) for item in ITEMS]
    rows += [("uom", item.sap_unit, item.uom_code) for item in ITEMS]
    rows += [("warehouse", place.sap_plant, place.code) for place in WAREHOUSES]
    rows += [("carrier", carrier.sap_route, carrier.code) for carrier in CARRIERS]
    rows += [("customer_tier", code, tier) for tier, code in TIER_SAP.items()]
    rows += [
        ("hold", "02", "compliance"),
        ("hold", "04", "compliance"),
        ("hold", "05", "price"),
        ("hold", PROOF_BLOCK, "proof"),
    ]
    return [*rows, ("sold_to_partner", SHOP_SOLD_TO, "shop-main"), ("sold_to_partner", EDI_SOLD_TO, "acme-edi")]


def _epcis() -> list[tuple[str, str, str]]:
    return [("sku", epc_class(item), item.sku) for item in ITEMS] + [
        ("warehouse", place.sgln, place.code) for place in WAREHOUSES
    ]


def _easypost() -> list[tuple[str, str, str]]:
    return [("carrier", carrier.easypost_carrier, carrier.code) for carrier in CARRIERS]


def _shopify() -> list[tuple[str, str, str]]:
    rows = [("sku", item.shop_sku, item.sku) for item in ITEMS]
    rows += [("inventory_item", str(item.shop_inventory_item_id), item.sku) for item in ITEMS]
    rows += [("warehouse", str(place.shop_location_id), place.code) for place in WAREHOUSES]
    return rows + [("carrier", carrier.shop_company, carrier.code) for carrier in CARRIERS]


def _x12() -> list[tuple[str, str, str]]:
    return [("sku", item.edi_part, item.sku) for item in ITEMS] + [
        ("uom", item.edi_unit, item.uom_code) for item in ITEMS
    ]


_CODE_MAPS = {
    "sap_s4": _sap,
    "epcis": _epcis,
    "easypost": _easypost,
    "shopify": _shopify,
    "x12": _x12,
    "zendesk": list,
    "standard": list,
}
