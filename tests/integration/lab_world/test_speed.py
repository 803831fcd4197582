"""Stepping a month's orders is a matter of seconds; the figure is printed, the bound is generous."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import pytest

from crossdock_lab.world import engine, run
from crossdock_lab.world.config import WorldConfig


@pytest.mark.slow
def test_five_thousand_orders_are_stepped_through_by_the_hour(lab, capsys):
    """5,000 orders over ten days and their lives: every order ends, every kind of object is shown."""
    config = WorldConfig(orders_per_day=500, days=10)
    engine.create(lab, config)
    began, count, at = time.monotonic(), 0, config.starts_at
    for _ in range(18 * 24):
        at += timedelta(hours=1)
        count += run.advance(lab, at)
    with capsys.disabled():
        sys.stdout.write(f"\n5,000 orders, {count} changes, {time.monotonic() - began:.1f} s\n")
    assert lab.execute("select count(*), bool_and(ended) from lab.orders\n").fetchone() == (5000, True)
    assert count > 100_000
