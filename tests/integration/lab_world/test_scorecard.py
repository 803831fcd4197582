"""The whole product against the lab's truth: a small world with many faults, and every one of them found."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from rich.console import Console

from crossdock.edi.api import send_ready
from crossdock_lab.scorecard import card as cards
from crossdock_lab.scorecard.show import show
from crossdock_lab.world.config import WorldConfig
from rig import rig

CONFIG = WorldConfig(seed=5, orders_per_day=40, fault_share=0.5, lookalike_share=0.4, days=2)
STEP_HOURS, STEPS = 4, 45


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_everything_is_found_and_nothing_else(postgres, modelled, tmp_path, capsys):
    """Read, judged and searched every four hours of lab time, over a week: precision and recall 1, nothing lost."""
    with rig(postgres, modelled, CONFIG, tmp_path) as system:
        for _ in range(STEPS):
            system.step(hours=STEP_HOURS)
            system.pushed()
            system.poll()
            system.settle()
            send_ready("acme-edi", conninfo=modelled["app"])
        with (
            psycopg.connect(system.lab_dsn, options="-c TimeZone=UTC") as lab,
            psycopg.connect(modelled["auditor"], options="-c TimeZone=UTC") as product,
        ):
            card = cards.score(lab, product, settle=timedelta(0), slack=timedelta(hours=STEP_HOURS))
    with capsys.disabled():
        show(card, Console(width=170))
    assert card.shortcomings() == []
    assert card.lookalikes > 10
