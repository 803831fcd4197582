"""The same world twice, by steps: in calm, and with every process killed and every system failing; one final state."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from chaos import final, voyage
from chaos.mortals import copy_of
from chaos.storm import SYSTEMS, Storm
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES
from crossdock_lab.world.config import WorldConfig
from rig import rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CONFIG = WorldConfig(seed=5, orders_per_day=20, fault_share=0.9, lookalike_share=0.1, days=1)


def test_storms_leave_no_trace(postgres, modelled_template, modelled, tmp_path):
    """Order by order, what the product says, how cases ended, and what the lab's systems were told: the same."""
    with rig(postgres, modelled, CONFIG, tmp_path / "calm") as system:
        voyage.live(system)
        calm = final.final(system.lab_dsn, modelled["auditor"])
    folder = Path(os.environ.get("CROSSDOCK_TEST_DIR", "/tmp")) / f"crossdock-chaos-{secrets.token_hex(4)}"
    with copy_of(postgres, folder) as mortal:
        dsn = {
            role.removeprefix("crossdock_"): mortal.server.dsn(modelled_template, role, mortal.server.password)
            for role in (OWNER, *PRODUCT_ROLES)
        }
        with rig(mortal.server, dsn, CONFIG, tmp_path / "rough") as system:
            storm = Storm(system, mortal, seed=1)
            voyage.live(system, storm)
            rough = final.final(system.lab_dsn, dsn["auditor"])
    assert calm.breaches == []
    assert rough.breaches == []
    assert final.differences(calm, rough) == []
    assert all(storm.struck[victim] for victim in ("reader", "hands", "worker", "inbox", "postgres")), storm.struck
    assert set(storm.outages) == set(SYSTEMS)
