"""The function imports that the lab's SAP has: what each refuses and what it changes.

What they change is the world's own word, not laid over it: the world goes on from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from crossdock_lab.systems.http import Lab, Write
from crossdock_lab.systems.sap import odata
from crossdock_lab.systems.sap.refusals import business_no
from crossdock_lab.systems.sap.sets import Row, children
from crossdock_lab.systems.store import Stored


async def _post_goods_issue(lab: Lab, write: Write, row: Row, stored: Stored) -> object:
    number = row["DeliveryDocument"]
    if row["OverallGoodsMovementStatus"] == "C":
        raise business_no("VL/602", f"Goods issue of delivery {number} is already posted")
    if row["DeliveryBlockReason"]:
        raise business_no("VL/149", f"Delivery {number} is blocked")
    if row["OverallPickingStatus"] != "C" or row["OverallPackingStatus"] != "C":
        raise business_no("VL/609", f"Delivery {number} is not picked and packed completely")
    await write.amend("deliveries", number, _moved(stored, "C") | {
        "ActualGoodsMovementDate": odata.wire_date(write.now),
        "ActualGoodsMovementTime": odata.wire_time(write.now),
    })  # fmt: skip
    write.intervene(stored.order_id, "goods_issue", {"delivery": number})
    return {"results": []}


async def _reverse_goods_issue(lab: Lab, write: Write, row: Row, stored: Stored) -> object:
    number = row["DeliveryDocument"]
    if row["OverallGoodsMovementStatus"] != "C":
        raise business_no("VL/603", f"There is no goods issue of delivery {number} to reverse")
    for item in children(row, "to_DeliveryDocumentItem"):
        order = await lab.store.get("sap", "sales_orders", item["ReferenceSDDocument"])
        if order and order.payload["OverallOrdReltdBillgStatus"] == "C":
            raise business_no("VL/604", f"Sales order {order.object_id} is billed")
    nothing = {"ActualGoodsMovementDate": None, "ActualGoodsMovementTime": odata.wire_time(None)}
    await write.amend("deliveries", number, _moved(stored, "A") | nothing)
    write.intervene(stored.order_id, "reverse_goods_issue", {"delivery": number})
    return {"results": []}


async def _release_approval(lab: Lab, write: Write, row: Row, stored: Stored) -> object:
    number = row["SalesOrder"]
    if row["TotalCreditCheckStatus"] != "B":
        raise business_no("V4/119", f"Nothing waits for approval in sales order {number}")
    await write.amend("sales_orders", number, {"TotalCreditCheckStatus": "D"})
    write.intervene(stored.order_id, "credit_release", {})
    return {"releaseApprovalRequest": {"Boolean": True}}


def _moved(stored: Stored, status: str) -> Row:
    """The delivery with this status of goods movement, in its header and in each item."""
    statuses = {"GoodsMovementStatus": status, "SDProcessStatus": status}
    items = [item | statuses for item in children(stored.body, "to_DeliveryDocumentItem")]
    return {
        "OverallGoodsMovementStatus": status,
        "OverallSDProcessStatus": status,
        "to_DeliveryDocumentItem": {"results": items},
    }


FUNCTIONS: dict[str, Callable[[Lab, Write, Row, Stored], Awaitable[object]]] = {
    "PostGoodsIssue": _post_goods_issue,
    "ReverseGoodsIssue": _reverse_goods_issue,
    "releaseApprovalRequest": _release_approval,
}
