"""What a partner may set for an SAP system."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SapSettings:
    """Service names are those of S/4HANA; an older system may carry other versions."""

    service_root: str = "/sap/opu/odata/sap"
    sales_order_service: str = "API_SALES_ORDER_SRV"
    delivery_service: str = "API_OUTBOUND_DELIVERY_SRV;v=0002"
    stock_service: str = "API_MATERIAL_STOCK_SRV"
    sales_order_expand: str = "to_Item,to_Item/to_ScheduleLine"
    """What is read with an order; `to_Item` where a service knows no schedule lines."""
    overlap_seconds: float = 120.0
    time_zone: str = "UTC"
    """The partner's: dates without a time are days there."""
    unchanged_deliveries_have_no_date: bool = True
    """SAP leaves LastChangeDate empty until the first change: then CreationDate is asked as well."""
    pricing_expand: str = "to_Item,to_Item/to_PricingElement"
    """What is read with an order to see its prices; `to_Item` where a service shows none."""
    shipping_points: dict = field(default_factory=dict)
    """The shipping point of each plant that is not called as the plant is."""
