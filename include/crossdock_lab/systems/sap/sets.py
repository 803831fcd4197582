"""What the SAP services serve: entity sets with their properties (as in the EDMX), keys, links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

Row = dict[str, object]

_TYPES = {
    "s": "Edm.String",
    "n": "Edm.Decimal",
    "d": "Edm.DateTime",
    "o": "Edm.DateTimeOffset",
    "t": "Edm.Time",
    "b": "Edm.Boolean",
}


def _typed(**names: str) -> dict[str, str]:
    """{property: Edm type} from lists of names by the letter of their type."""
    return {name: _TYPES[letter] for letter, listed in names.items() for name in listed.split()}


@dataclass(frozen=True)
class EntitySet:
    """One set. `kind` is the kind of lab object that holds it; `path` leads from that object down to the set's rows."""

    name: str
    type_name: str
    kind: str
    keys: tuple[str, ...]
    properties: Mapping[str, str]
    navigation: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()

    def rows_of(self, payload: Row) -> list[Row]:
        """The rows of this set in one object."""
        rows = [payload]
        for nav in self.path:
            rows = [item for row in rows for item in children(row, nav)]
        return rows

    def keys_of(self, row: Row) -> dict[str, str]:
        return {name: str(row[name]) for name in self.keys}

    def id_of(self, keys: Mapping[str, str]) -> str:
        """The id of the lab object that holds the entity with these keys."""
        if self.kind == "material_stock":
            return "/".join(str(keys.get(name, "")) for name in self.keys[:3])
        return str(keys.get(self.keys[0], "")).zfill(10)

    def object_id(self, row: Row) -> str:
        return self.id_of({name: str(row[name]) for name in self.keys})


def children(row: Row, nav: str) -> list[Row]:
    """What hangs below `row` under this link."""
    return list((row.get(nav) or {}).get("results", []))


SALES_ORDER = EntitySet(
    "A_SalesOrder", "API_SALES_ORDER_SRV.A_SalesOrderType", "sales_orders", ("SalesOrder",),
    _typed(
        s="""SalesOrder SalesOrderType SalesOrganization DistributionChannel OrganizationDivision
             SalesDistrict SoldToParty CreatedByUser PurchaseOrderByCustomer CustomerPurchaseOrderType
             OverallDeliveryStatus TotalBlockStatus OverallOrdReltdBillgStatus TransactionCurrency
             SDDocumentReason ShippingCondition HeaderBillingBlockReason DeliveryBlockReason
             IncotermsClassification IncotermsLocation1 CustomerPaymentTerms CustomerGroup
             OverallSDProcessStatus TotalCreditCheckStatus OverallTotalDeliveryStatus
             OverallSDDocumentRejectionSts SalesDocApprovalStatus""",
        d="""CreationDate LastChangeDate CustomerPurchaseOrderDate SalesOrderDate PricingDate
             RequestedDeliveryDate BillingDocumentDate""",
        o="LastChangeDateTime",
        n="TotalNetAmount",
        b="CompleteDeliveryIsDefined",
    ),
    {"to_Item": "A_SalesOrderItem"},
)  # fmt: skip

SALES_ORDER_ITEM = EntitySet(
    "A_SalesOrderItem", "API_SALES_ORDER_SRV.A_SalesOrderItemType", "sales_orders", ("SalesOrder", "SalesOrderItem"),
    _typed(
        s="""SalesOrder SalesOrderItem SalesOrderItemCategory SalesOrderItemText PurchaseOrderByCustomer
             UnderlyingPurchaseOrderItem Material MaterialByCustomer RequestedQuantityUnit
             RequestedQuantitySAPUnit RequestedQuantityISOUnit OrderQuantityUnit TransactionCurrency
             MaterialGroup ProductionPlant StorageLocation ShippingPoint DeliveryPriority
             IncotermsClassification SalesDocumentRjcnReason ItemBillingBlockReason SDProcessStatus
             DeliveryStatus OrderRelatedBillingStatus""",
        n="RequestedQuantity ConfdDelivQtyInOrderQtyUnit NetAmount TaxAmount Subtotal1Amount",
    ),
    {"to_ScheduleLine": "A_SalesOrderScheduleLine", "to_PricingElement": "A_SalesOrderItemPrElement"},
    path=("to_Item",),
)  # fmt: skip

PRICING_ELEMENT = EntitySet(
    "A_SalesOrderItemPrElement", "API_SALES_ORDER_SRV.A_SalesOrderItemPrElementType", "sales_orders",
    ("SalesOrder", "SalesOrderItem", "PricingProcedureStep", "PricingProcedureCounter"),
    _typed(
        s="""SalesOrder SalesOrderItem PricingProcedureStep PricingProcedureCounter ConditionType
             ConditionCalculationType ConditionCurrency ConditionQuantityUnit TransactionCurrency""",
        n="ConditionRateValue ConditionQuantity ConditionAmount",
        b="ConditionIsManuallyChanged",
    ),
    path=("to_Item", "to_PricingElement"),
)  # fmt: skip

SCHEDULE_LINE = EntitySet(
    "A_SalesOrderScheduleLine", "API_SALES_ORDER_SRV.A_SalesOrderScheduleLineType", "sales_orders",
    ("SalesOrder", "SalesOrderItem", "ScheduleLine"),
    _typed(
        s="""SalesOrder SalesOrderItem ScheduleLine OrderQuantityUnit OrderQuantitySAPUnit
             OrderQuantityISOUnit DelivBlockReasonForSchedLine""",
        d="RequestedDeliveryDate ConfirmedDeliveryDate",
        n="""ScheduleLineOrderQuantity ConfdOrderQtyByMatlAvailCheck DeliveredQtyInOrderQtyUnit
             OpenConfdDelivQtyInOrdQtyUnit""",
    ),
    path=("to_Item", "to_ScheduleLine"),
)  # fmt: skip

DELIVERY = EntitySet(
    "A_OutbDeliveryHeader", "API_OUTBOUND_DELIVERY_SRV.A_OutbDeliveryHeaderType", "deliveries", ("DeliveryDocument",),
    _typed(
        s="""DeliveryDocument DeliveryDocumentType SDDocumentCategory SalesOrganization SoldToParty
             ShipToParty ShippingPoint ShippingCondition ActualDeliveryRoute ProposedDeliveryRoute
             BillOfLading DeliveryDocumentBySupplier CreatedByUser DeliveryBlockReason DeliveryPriority
             HeaderBillingBlockReason IncotermsClassification TotalNumberOfPackage TransactionCurrency
             OverallDelivReltdBillgStatus
             OverallGoodsMovementStatus OverallPackingStatus OverallPickingStatus OverallPickingConfStatus
             OverallProofOfDeliveryStatus OverallSDProcessStatus OverallWarehouseActivityStatus
             TotalBlockStatus TotalCreditCheckStatus Warehouse""",
        d="""CreationDate LastChangeDate DocumentDate DeliveryDate PickingDate LoadingDate
             PlannedGoodsIssueDate ActualGoodsMovementDate ProofOfDeliveryDate""",
        t="""CreationTime DeliveryTime PickingTime LoadingTime GoodsIssueTime ActualGoodsMovementTime
             ConfirmationTime""",
        n="HeaderGrossWeight",
        b="CompleteDeliveryIsDefined",
    ),
    {"to_DeliveryDocumentItem": "A_OutbDeliveryItem"},
)  # fmt: skip

DELIVERY_ITEM = EntitySet(
    "A_OutbDeliveryItem", "API_OUTBOUND_DELIVERY_SRV.A_OutbDeliveryItemType", "deliveries",
    ("DeliveryDocument", "DeliveryDocumentItem"),
    _typed(
        s="""DeliveryDocument DeliveryDocumentItem DeliveryDocumentItemCategory DeliveryDocumentItemText
             Material MaterialByCustomer Plant StorageLocation Batch BaseUnit DeliveryQuantityUnit
             ReferenceSDDocument ReferenceSDDocumentItem ReferenceSDDocumentCategory
             DeliveryRelatedBillingStatus GoodsMovementStatus GoodsMovementReasonCode PackingStatus
             PickingStatus PickingConfirmationStatus SDProcessStatus SDDocumentCategory
             ItemBillingBlockReason""",
        d="CreationDate LastChangeDate",
        t="CreationTime",
        n="""ActualDeliveryQuantity OriginalDeliveryQuantity ActualDeliveredQtyInBaseUnit
             DeliveryToBaseQuantityDnmntr DeliveryToBaseQuantityNmrtr""",
        b="IsCompletelyDelivered",
    ),
    path=("to_DeliveryDocumentItem",),
)  # fmt: skip

STOCK = EntitySet(
    "A_MatlStkInAcctMod", "API_MATERIAL_STOCK_SRV.A_MatlStkInAcctModType", "material_stock",
    ("Material", "Plant", "StorageLocation", "Batch", "Supplier", "Customer", "WBSElementInternalID", "SDDocument",
     "SDDocumentItem", "InventorySpecialStockType", "InventoryStockType"),
    _typed(
        s="""Material Plant StorageLocation Batch Supplier Customer WBSElementInternalID SDDocument
             SDDocumentItem InventorySpecialStockType InventoryStockType WBSElementExternalID
             MaterialBaseUnit""",
        n="MatlWrhsStkQtyInMatlBaseUnit",
    ),
)  # fmt: skip

SERVICES: dict[str, dict[str, EntitySet]] = {
    "API_SALES_ORDER_SRV": {s.name: s for s in (SALES_ORDER, SALES_ORDER_ITEM, SCHEDULE_LINE, PRICING_ELEMENT)},
    "API_OUTBOUND_DELIVERY_SRV": {s.name: s for s in (DELIVERY, DELIVERY_ITEM)},
    "API_MATERIAL_STOCK_SRV": {s.name: s for s in (STOCK,)},
}


FUNCTIONS: dict[str, dict[str, tuple[str, str, bool]]] = {
    "API_SALES_ORDER_SRV": {"releaseApprovalRequest": ("A_SalesOrder", "SalesOrder", False)},
    "API_OUTBOUND_DELIVERY_SRV": {
        "PostGoodsIssue": ("A_OutbDeliveryHeader", "DeliveryDocument", True),
        "ReverseGoodsIssue": ("A_OutbDeliveryHeader", "DeliveryDocument", True),
    },
}
"""Function imports by service: the set that each acts on, the parameter that names the entity, whether it is an action
of the entity (and so conditional)."""


def all_sets() -> Iterator[EntitySet]:
    """Every set of every service."""
    for service in SERVICES.values():
        yield from service.values()


def metadata(service: str) -> str:
    """`$metadata` of what the lab serves of `service`: types, keys, sets."""
    types, listed = [], []
    for entities in SERVICES[service].values():
        short = entities.type_name.rsplit(".", 1)[1]
        keys = "".join(f"<PropertyRef Name={quoteattr(name)}/>" for name in entities.keys)
        fields = "".join(f"<Property Name={quoteattr(n)} Type={quoteattr(t)}/>" for n, t in entities.properties.items())
        types.append(f"<EntityType Name={quoteattr(short)}><Key>{keys}</Key>{fields}</EntityType>")
        listed.append(f"<EntitySet Name={quoteattr(entities.name)} EntityType={quoteattr(entities.type_name)}/>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
        '<edmx:DataServices m:DataServiceVersion="2.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        f'<Schema Namespace={quoteattr(service)} xmlns="http://schemas.microsoft.com/ado/2008/09/edm">{"".join(types)}'
        f'<EntityContainer Name={quoteattr(service + "_Entities")} m:IsDefaultEntityContainer="true">{"".join(listed)}'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )
