"""What a source has deleted is as if it had never been, in both lanes; its records stay."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from crossdock.db.connect import connect
from crossdock.landing import gone
from crossdock.lanes import models
from crossdock.lanes.lane import Lane
from sql.canonical import payloads as p
from sql.canonical.test_arrival import TABLES, content

KEPT, DELETED = "80000001", "80000002"
BY_US = [{"feed": "deliveries", "native_id": text} for text in (DELETED, DELETED.zfill(10))]


@contextmanager
def lane(world):
    """The fast lane over this world."""
    with connect("test", conninfo=world.dsns["app"], autocommit=True) as connection:
        yield Lane(connection, models.load(conninfo=world.dsns["dbt"]))


def deliver(world, number: str) -> None:
    """SAP tells of a delivery of the order."""
    world.wait("sap-main", "deliveries", number, p.delivery(number), "2026-03-02")


@pytest.fixture
def order(worlds):
    """Makes a world with an order and the delivery that stays."""

    def make():
        world = worlds()
        world.wait("shop-main", "orders", "450789469", p.shop_order(), "2026-03-01 14:00Z")
        world.wait("sap-main", "sales_orders", "4712", p.sales_order(), "2026-03-01 14:10Z")
        deliver(world, KEPT)
        return world

    return make


def test_a_deleted_delivery_leaves_nothing_behind(order):
    """Read and then deleted: every table ends as where it never was, and a full rebuild agrees."""
    without, deleted = order(), order()
    with lane(without) as working:
        without.drain(working)
    with lane(deleted) as working:
        deliver(deleted, DELETED)
        deleted.drain(working)
        assert len(deleted.rows("select from canonical.shipments")) == 2
        gone.mark(deleted.app, "sap-main", BY_US, "case-1/1/3/sap_s4.delete_delivery")
        deleted.drain(working)
    for table in TABLES:
        assert content(deleted, table) == content(without, table), table
    deleted.build()
    assert deleted.rows("select model, missing_count, extra_count from ops.lane_drift") == []
    assert deleted.rows("select from raw.records where native_id = '80000002'") != []


def test_a_page_read_before_the_deletion_may_still_come(order):
    """A version that lands after the delivery was deleted does not bring it back."""
    world = order()
    gone.mark(world.app, "sap-main", BY_US, "case-1/1/3/sap_s4.delete_delivery")
    deliver(world, DELETED)
    with lane(world) as working:
        world.drain(working)
    assert len(world.rows("select from canonical.shipments")) == 1
