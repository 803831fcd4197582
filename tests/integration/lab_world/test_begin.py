"""`crossdock lab begin`: a world before anybody reads the lab, and never a second one."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from crossdock.cli import build
from crossdock.core.settings import settings
from crossdock_lab.clock import Clock
from crossdock_lab.world.config import WorldConfig


@pytest.fixture
def begin(lab_dsn, database, monkeypatch):
    """Run it against a lab and a product of this test."""
    monkeypatch.setenv("CROSSDOCK_LAB_DSN", lab_dsn)
    monkeypatch.setenv("CROSSDOCK_DSN", database["app"])
    settings.cache_clear()
    yield lambda: CliRunner().invoke(build(), ["lab", "begin"], catch_exceptions=False)
    settings.cache_clear()


def business_time(dsn: str) -> datetime:
    with psycopg.connect(dsn) as product:
        return product.execute("select ref.as_of()").fetchone()[0]


def test_the_product_lives_in_the_lab_s_time_from_the_beginning(begin, lab, database):
    """The first call begins a world that stands still, and business time with it."""
    assert begin().exit_code == 0
    assert Clock(lab).now() == WorldConfig().starts_at == business_time(database["app"])


def test_a_world_that_is_there_goes_on(begin, lab):
    """A second call, as of a second `crossdock up --lab`, changes nothing."""
    begin()
    later = Clock(lab).now() + timedelta(hours=5)
    Clock(lab).reach(later)
    lab.commit()
    assert begin().exit_code == 0
    assert Clock(lab).now() == later
