"""A system that does not answer for some hours: an exception on the partner, which ends when it answers again."""

from __future__ import annotations

import time
from datetime import timedelta

import psycopg
import pytest

from crossdock.core.errors import Retriable
from crossdock_lab.scorecard import card as cards
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.inject import inject
from rig import rig

CALM = WorldConfig(seed=3, orders_per_day=20, fault_share=0.0, lookalike_share=0.0, days=1)
IMPATIENT = """
update ref.partners set settings = settings
    || '{"http": {"first_wait": 0.05, "longest_wait": 0.1, "attempts": 2}, "limits": {"cool_down": 0.5}}'::jsonb;
update ref.exception_catalogue set grace = '1 second' where exception_code = 'partner_unavailable'
"""
"""Calls fail in wall time and the world is stepped: what takes minutes elsewhere takes a second here."""
STANDING = """
select subject_id, evidence ->> 'circuit' from ops.detections
where exception_code = 'partner_unavailable' and cleared_at is null
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ["endpoint_down", "endpoint_throttled"])
def test_a_partner_that_is_away_is_found_and_forgiven(postgres, modelled, tmp_path, fault):
    """Found while its endpoint fails, cleared after, nothing else found, and nothing lost."""
    with rig(postgres, modelled, CALM, tmp_path) as system:
        with psycopg.connect(modelled["owner"]) as connection:
            connection.execute(IMPATIENT)
        system.step(hours=12)
        system.catch_up()
        with psycopg.connect(system.lab_dsn) as lab:
            inject(lab, fault, system="easypost", lasts=timedelta(hours=6))

        system.step(hours=4)
        system.pushed()
        _read_in_vain(system)
        time.sleep(1)
        _read_in_vain(system)
        system.settle()
        assert [subject for subject, _ in system.rows(STANDING)] != []

        system.step(hours=4)
        time.sleep(1)
        system.catch_up()
        assert system.rows(STANDING) == []
        card = _card(system)
    score = card.comparison.codes["partner_unavailable"]
    assert (score.expected, score.found, score.detections, score.right) == (1, 1, 1, 1)
    assert card.shortcomings() == []


def _read_in_vain(system) -> None:
    with pytest.raises(Retriable):
        system.poll()


def _card(system) -> cards.Card:
    with psycopg.connect(system.lab_dsn) as lab, psycopg.connect(system.dsn["auditor"]) as product:
        return cards.score(lab, product, settle=timedelta(seconds=2), slack=timedelta(hours=4))
