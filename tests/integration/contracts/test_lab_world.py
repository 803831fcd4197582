"""In a whole simulated month the contracts set aside what was spoilt on purpose, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import orjson
import psycopg
import pytest

from crossdock.contracts.load import load
from crossdock.contracts.memory import judge_payload, parse
from crossdock.core.settings import settings
from crossdock.onboarding.folder import find
from crossdock.stack.postgres import Server
from crossdock_lab import db
from crossdock_lab.world import engine
from crossdock_lab.world.config import WorldConfig

PARTNERS = {"sap": "sap-main", "wms": "wms-main", "easypost": "easypost", "shop": "shop-main", "zendesk": "zendesk"}


@pytest.fixture
def lab(postgres: Server):
    """An empty lab database."""
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        db.create(admin, postgres.password, "lab_contracts")
    with db.connect(postgres.dsn("lab_contracts", db.ROLE, postgres.password)) as connection:
        yield connection
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute('drop database "lab_contracts" with (force)')


def verdicts(lab: psycopg.Connection, config: WorldConfig) -> tuple[int, Counter]:
    """How many objects the world shows, and (rule, field) of what is wrong with them, at its end."""
    engine.create(lab, config)
    engine.World(lab).advance(config.starts_at + timedelta(days=12))
    partners = {partner.partner: partner for partner in find(settings().partner_dirs)}
    codes = {name: {(row.kind, row.their_code) for row in partner.codes()} for name, partner in partners.items()}
    found: Counter = Counter()
    rows = lab.execute("select system, kind, body from lab.objects").fetchall()
    for system, kind, body in rows:
        name = PARTNERS.get(system, system)
        feed = next(f for f in partners[name].feeds if f.rstrip("s") == kind.rstrip("s"))
        contract = load(partners[name].contract(feed))
        found.update(v[1:3] for v in judge_payload(contract, parse(orjson.dumps(body)), codes[name]))
    return len(rows), found


def test_a_world_without_faults_breaks_no_contract(lab):
    """Nothing is set aside, whatever system says it."""
    count, found = verdicts(lab, WorldConfig(seed=3, orders_per_day=40, fault_share=0, lookalike_share=0.3, days=2))
    assert count > 300
    assert found == Counter()


def test_a_world_with_faults_breaks_only_maps_and_what_the_faults_leave_out(lab):
    """Unmapped codes and missing or impossible values; never a rule that a healthy order could break."""
    _, found = verdicts(lab, WorldConfig(seed=3, orders_per_day=60, fault_share=0.5, lookalike_share=0.3, days=2))
    assert {rule for rule, _ in found} <= {"mapped", "present", "typed", "not_negative", "currency", "promise_order"}, (
        found
    )
    assert ("mapped", "material") in found or ("mapped", "sku") in found
