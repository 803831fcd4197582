"""What we capture at a warehouse comes back by its feed: it flows, says released, picks nothing."""

from __future__ import annotations

import psycopg
import pytest

from crossdock.connectors.base import commands_for
from crossdock.core.connections import connection
from crossdock_lab.world.catalogue import ITEMS, WAREHOUSES, epc_class
from crossdock_lab.world.config import WorldConfig
from rig import rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CONFIG = WorldConfig(seed=3, orders_per_day=6, fault_share=0.0, lookalike_share=0.0, days=1)
UNTOUCHED = """
select object_id, order_id, body from lab.objects as d
where kind = 'deliveries' and body ->> 'OverallPickingStatus' = 'A' and not exists (
    select from lab.objects as e where e.system = 'wms' and e.order_id = d.order_id
) order by object_id limit 1
"""
EVENTS = """
select e.event_code, e.location_code, e.reported_by from canonical.shipment_events as e
join canonical.shipments as s using (shipment_id)
where s.delivery_ref = %s and e.reported_by = 'wms-main'
"""


def untouched(system) -> tuple[str, str, dict] | None:
    """A delivery that the warehouse has not begun with: its number, its order, what SAP says."""
    with psycopg.connect(system.lab_dsn) as lab:
        return lab.execute(UNTOUCHED).fetchone()


def test_a_reservation_is_read_back_as_a_release_and_not_as_a_pick(postgres, modelled, tmp_path):
    with rig(postgres, modelled, CONFIG, tmp_path, inbox=False) as system:
        while (found := untouched(system)) is None:
            system.step(minutes=30)
        delivery, order, said = found
        settings = system.rows("select settings from ref.partners where partner_id = 'wms-main'")[0][0]
        line = said["to_DeliveryDocumentItem"]["results"][0]
        item = next(item for item in ITEMS if item.sap_material == line["Material"])
        place = next(place for place in WAREHOUSES if place.sap_plant == line["Plant"])
        warehouse = commands_for("epcis", connection("wms_main"), settings)
        lines = [{"epc_class": epc_class(item), "quantity": line["ActualDeliveryQuantity"]}]
        told = {"delivery": delivery, "warehouse": place.sgln, "lines": lines}
        warehouse.do("reserve", told, idempotency_key="case-1/1/1/epcis.reserve")
        warehouse.close()
        system.poll()
        system.settle()
        assert system.rows(EVENTS, delivery.lstrip("0")) == [("released", place.code, "wms-main")]
        assert system.rows("select count(*) from ops.quarantine") == [(0,)]
        moved = system.rows(
            """select sum(l.picked_qty), max(l.last_picked_at) from canonical.shipment_lines as l
               join canonical.shipments using (shipment_id) where delivery_ref = %s""",
            delivery.lstrip("0"),
        )
        assert moved == [(0, None)]
        assert system.rows("select 1 from ops.detections where order_id = %s", order) == []
