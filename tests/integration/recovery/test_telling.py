"""Whoever answers for the platform hears of a missed objective, and can look it up."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from crossdock.alerts import api as alerts
from crossdock.alerts.routes import load
from crossdock.cli import build
from crossdock.core import settings as settings_module
from crossdock.db.connect import connect


@pytest.fixture
def crossdock(database, monkeypatch):
    """The command line on this test's database."""
    monkeypatch.setenv("CROSSDOCK_DSN", database["app"])
    settings_module.settings.cache_clear()
    yield lambda *words: CliRunner().invoke(build("recovery"), list(words))
    settings_module.settings.cache_clear()


def told(platform) -> list[tuple]:
    alerts.plan(platform.connection, routes=load(), now=platform.now)
    return platform.connection.execute(
        """
        select a.severity, a.title, i.fact from ops.alerts as a join ops.alert_items as i using (alert_id)
        where a.event = 'recovery_missed' and a.route = 'platform' order by a.alert_id
        """
    ).fetchall()


def test_a_missed_objective_is_a_technical_alert(platform):
    """By the product's own routes: nothing while in time; one a type of event and source, as severe as critical."""
    platform.later(minutes=14)
    platform.watch()
    assert told(platform) == []
    platform.later(minutes=6)
    platform.watch()
    rows = told(platform)
    assert {(severity, title) for severity, title, _ in rows} == {
        ("critical", "Order posted in the ERP from erp/sales_orders missed its objective"),
        ("critical", "Delivery released from erp/deliveries missed its objective"),
    }
    assert "data up to 00:20:00 old, 00:15:00 allowed; cause: not_read" in rows[0][2]


def test_what_is_current_again_is_not_told(platform, database):
    """The alert gathers for two minutes; by then the feed was read: suppressed."""
    platform.later(minutes=20)
    platform.watch()
    told(platform)
    platform.read()
    platform.later(minutes=5)
    platform.read()
    platform.watch()
    platform.connection.commit()
    done = alerts.send_due(lambda: connect("test", conninfo=database["app"]), routes=load(), now=platform.now)
    assert (done.sent, done.suppressed) == (0, 2)


def test_the_command_shows_now_and_the_past(platform, crossdock):
    """Every type of event has its row, exit status 1 while an objective is missed; the past says how it ended."""
    platform.later(minutes=-20)
    platform.connection.execute("update raw.cursors set read_at = %s", [platform.now])
    platform.later(minutes=20)
    platform.watch()
    platform.connection.commit()
    shown = crossdock("recovery", "--json")
    rows = [json.loads(line) for line in shown.output.splitlines()]
    assert shown.exit_code == 1
    assert {row["event_type"] for row in rows if row["is_age_missed"]} == {"order_posted", "delivery_released"}
    assert len({row["event_type"] for row in rows}) == 16
    assert crossdock("recovery").exit_code == 1
    platform.later(minutes=1)
    platform.read()
    platform.watch()
    platform.connection.commit()
    assert crossdock("recovery").exit_code == 0
    past = [json.loads(line) for line in crossdock("recovery", "past", "--json").output.splitlines()]
    assert {(row["outcome"], row["is_age_missed"]) for row in past} == {("met", True)}


def test_an_objective_is_set_by_command(platform, crossdock):
    """What is not said stays; what is no length of time is refused."""
    done = crossdock(
        "recovery", "set", "stock_changed", "--data-age", "20m", "--by", "anna", "--note", "promised online"
    )
    assert done.exit_code == 0, done.output
    platform.connection.rollback()
    row = platform.connection.execute(
        "select data_age_limit, recover_within, approved_by, note from ref.recovery_objectives"
        " where event_type = 'stock_changed' and valid_to = 'infinity'"
    ).fetchone()
    assert row == (timedelta(minutes=20), timedelta(hours=2), "anna", "promised online")
    assert crossdock("recovery", "set", "stock_changed", "--data-age", "soon").exit_code != 0
