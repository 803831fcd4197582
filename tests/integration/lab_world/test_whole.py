"""The whole product against the truth, over an unreliable network: found, repaired, verified, and no harm done."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb
from rich.console import Console

from crossdock_lab.scorecard import card as cards
from crossdock_lab.scorecard.show import show
from crossdock_lab.world.config import WorldConfig
from rig import Rig, rig

SMALL = WorldConfig(seed=82, orders_per_day=40, fault_share=0.5, lookalike_share=0.4, days=2)
LARGE = WorldConfig(seed=7, orders_per_day=1000, fault_share=0.05, lookalike_share=0.10, days=5)
STEP_HOURS = 4
ONE_STEP = timedelta(seconds=2)
"""Wall clock: what begins and ends within one step of the world can be seen by nobody; steps are further apart."""
NETWORK = [
    ("*", "error", {"probability": 0.01, "seed": 1}),
    ("*", "throttle", {"probability": 0.005, "seed": 2, "retry_after": 1}),
    ("*", "timeout", {"probability": 0.002, "seed": 3, "seconds": 1}),
    ("sap", "unanswered", {"probability": 0.05, "seed": 4, "seconds": 1, "method": "POST"}),
    ("sap", "unanswered", {"probability": 0.05, "seed": 5, "seconds": 1, "method": "PATCH"}),
    ("wms", "unanswered", {"probability": 0.05, "seed": 6, "seconds": 1, "method": "POST"}),
    ("easypost", "unanswered", {"probability": 0.05, "seed": 7, "seconds": 1, "method": "POST"}),
    ("shop", "unanswered", {"probability": 0.05, "seed": 8, "seconds": 1, "method": "PUT"}),
    ("zendesk", "unanswered", {"probability": 0.05, "seed": 9, "seconds": 1, "method": "POST"}),
    ("*", "duplicate", {"probability": 0.05, "seed": 10}),
    ("*", "reorder", {"probability": 0.1, "seed": 11}),
]
"""What the network does all the time: errors before the effect, silence after it, webhooks twice and out of order."""


def live(system: Rig, steps: int) -> cards.Card:
    """Read, judge, search, repair and verify every four hours of lab time; the card at the end."""
    misbehave(system)
    for _ in range(steps):
        system.step(hours=STEP_HOURS)
        system.catch_up()
    with (
        psycopg.connect(system.lab_dsn, options="-c TimeZone=UTC") as lab,
        psycopg.connect(system.dsn["auditor"], options="-c TimeZone=UTC") as product,
    ):
        return cards.score(lab, product, settle=ONE_STEP, slack=timedelta(hours=STEP_HOURS))


def misbehave(system: Rig) -> None:
    """Let the network be as networks are, from the beginning to the end."""
    with psycopg.connect(system.lab_dsn) as lab:
        for name, behaviour, params in NETWORK:
            lab.execute(
                """insert into lab.misbehaviours (system, behaviour, params, from_at)
                   select %s, %s, %s, started_at from lab.clock""",
                [name, behaviour, Jsonb(params)],
            )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_everything_is_found_repaired_and_verified(postgres, modelled, tmp_path, capsys):
    """A small world with many faults: nothing missed, nothing false, repairs that hold, no harm, nothing lost."""
    with rig(postgres, modelled, SMALL, tmp_path) as system:
        card = live(system, steps=45)
        _told(card, capsys)
        assert card.shortcomings() == []
        assert card.repairs.repairable > 5
        assert system.rows("select count(*) from ops.actions where state in ('sent', 'compensating', 'dead')") == [(0,)]


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_five_thousand_orders(postgres, modelled, tmp_path, capsys):
    """The same with 5,000 orders, 5 % of them with a fault and 10 % with a look-alike (`make lab-run`)."""
    with rig(postgres, modelled, LARGE, tmp_path) as system:
        card = live(system, steps=75)
        _told(card, capsys)
        assert card.shortcomings() == []
        assert card.orders >= 5000
        assert card.repairs.repairable > 50


def _told(card: cards.Card, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        show(card, Console(width=170))
