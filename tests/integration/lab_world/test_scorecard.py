"""The whole product against the lab's truth: a small world with many faults, and every one of them found."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from rich.console import Console

from crossdock.edi.api import send_ready
from crossdock_lab import db as lab_db
from crossdock_lab.scorecard import card as cards
from crossdock_lab.scorecard.show import show
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.inject import inject
from rig import rig

SMALL = WorldConfig(seed=82, orders_per_day=40, fault_share=0.5, lookalike_share=0.4, days=2)
"""A seed with which eighty orders have almost every exception that there is."""
BY_HAND = ("compliance_block", "billing_block_forgotten")
"""Faults of the exceptions that the seed leaves out."""
STEP_HOURS = 4
ONE_STEP = timedelta(seconds=2)
"""Wall clock: what begins and ends within one step of the world can be seen by nobody; steps are further apart."""


def score(postgres, modelled, folder, config: WorldConfig, steps: int) -> cards.Card:
    """Read, judge and search every four hours of lab time; the card at the end."""
    with rig(postgres, modelled, config, folder) as system:
        with lab_db.connect(system.lab_dsn) as lab:
            for name in BY_HAND:
                inject(lab, name)
        for _ in range(steps):
            system.step(hours=STEP_HOURS)
            system.pushed(seconds=600)
            system.poll()
            system.settle()
            send_ready("acme-edi", conninfo=modelled["app"])
        with (
            psycopg.connect(system.lab_dsn, options="-c TimeZone=UTC") as lab,
            psycopg.connect(modelled["auditor"], options="-c TimeZone=UTC") as product,
        ):
            return cards.score(lab, product, settle=ONE_STEP, slack=timedelta(hours=STEP_HOURS))


def unfound(card: cards.Card) -> list[str]:
    """What is lacking in finding: nothing is repaired here."""
    return [text for text in card.shortcomings() if text not in card.repairs.shortcomings()]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_everything_is_found_and_nothing_else(postgres, modelled, tmp_path, capsys):
    """A small world with many faults, over a week: precision and recall 1, nothing lost."""
    card = score(postgres, modelled, tmp_path, SMALL, steps=45)
    with capsys.disabled():
        show(card, Console(width=170))
    assert unfound(card) == []
    assert card.lookalikes > 10
    found = {code for code, score in card.comparison.codes.items() if score.found}
    assert found == {code for kind in KINDS.values() for code in kind.codes}
