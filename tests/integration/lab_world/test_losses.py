"""The scorecard notices what is lost behind the product's back: an object, or only its newest version."""

from __future__ import annotations

import psycopg
import pytest

from crossdock_lab.scorecard.losses import losses
from crossdock_lab.world.config import WorldConfig
from rig import rig

CALM = WorldConfig(seed=3, orders_per_day=10, fault_share=0.0, lookalike_share=0.0, days=1)
NEWEST = """
delete from raw.records where record_id = (
    select max(record_id) from raw.records join ref.feeds using (feed_id)
    where feed_type = 'sap_s4.sales_orders' group by native_id having count(distinct changed_at) > 1
    order by native_id limit 1)
returning ltrim(native_id, '0')
"""
OBJECT = """
delete from raw.records where (feed_id, native_id) = (
    select feed_id, native_id from raw.records join ref.feeds using (feed_id)
    where feed_type = 'easypost.trackers' order by native_id limit 1)
returning native_id
"""


@pytest.mark.timeout(240)
def test_what_is_lost_is_named(postgres, modelled, tmp_path):
    """Nothing to begin with; then the version and the object that were taken away, and no other."""
    with rig(postgres, modelled, CALM, tmp_path) as system:
        for _ in range(8):
            system.step(hours=6)
            system.catch_up()
        assert {each.feed: each.lost for each in _losses(system) if each.lost} == {}
        with psycopg.connect(modelled["owner"]) as connection:
            order, tracker = (connection.execute(sql).fetchone()[0] for sql in (NEWEST, OBJECT))
        found = {each.feed: each for each in _losses(system)}
    assert found["sap_s4.sales_orders"].stale == (order,)
    assert found["easypost.trackers"].missing == (tracker,)
    assert sum(each.lost for each in found.values()) == 2


def _losses(system):
    with psycopg.connect(system.lab_dsn) as lab, psycopg.connect(system.dsn["auditor"]) as product:
        return losses(lab, product, system.now())
