"""The world in its database: the same seed, the same world, however it is cut and resumed."""

from __future__ import annotations

import time
from datetime import timedelta

import psycopg
import pytest

from crossdock.core.errors import Misconfigured, Refused
from crossdock.stack.postgres import PRODUCT_ROLES, Server
from crossdock_lab import db
from crossdock_lab.clock import Clock, set_business_clock
from crossdock_lab.truth.oracle import expectations
from crossdock_lab.world import choose, engine, run
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.inject import inject
from lab_rows import everything

CONFIG = WorldConfig(seed=41, orders_per_day=40, fault_share=0.2, lookalike_share=0.3, days=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def went_on(lab: psycopg.Connection, config: WorldConfig, *stops: timedelta) -> dict[str, list]:
    """A new world, worked out from stop to stop by one that is opened anew at each."""
    db.wipe(lab)
    engine.create(lab, config)
    for stop in stops:
        engine.World(lab).advance(config.starts_at + stop)
    return everything(lab)


def test_the_same_seed_gives_the_same_world_however_it_is_cut(lab):
    """One step of twelve days, steps of odd lengths with a restart at each: the same rows."""
    whole = went_on(lab, CONFIG, 12 * DAY)
    pieces = went_on(lab, CONFIG, 5 * HOUR, 29 * HOUR, 30 * HOUR, 3 * DAY, 4.31 * DAY, 12 * DAY)
    for name, rows in whole.items():
        assert rows == pieces[name], name
    assert len(whole["orders"]) == 80
    assert all(ended for *_, ended in whole["orders"])


def test_another_seed_gives_another_world(lab):
    assert went_on(lab, CONFIG, DAY)["objects"] != went_on(lab, WorldConfig(seed=8, orders_per_day=40), DAY)["objects"]


def test_the_truth_is_that_of_the_plans(lab):
    """Each order's expectations are what its plan says, and clean orders have none."""
    went_on(lab, CONFIG, 3 * DAY)
    told = {}
    for code, subject, from_at in lab.execute("select exception_code, subject_id, from_at from truth.expectations"):
        told.setdefault(subject, set()).add((code, from_at))
    planned = {}
    for day in range(2):
        for index in range(CONFIG.orders_per_day):
            plan = choose.plan_of(CONFIG, choose.number_of(day, index))
            if found := {(each.code, each.from_at) for each in expectations(plan)}:
                planned[plan.order.order_id] = found
    assert told == planned


def test_what_has_passed_is_visible_and_what_is_over_is_repaired(lab):
    """The wall clock of visibility is set when the world has passed the moment, never before."""
    went_on(lab, CONFIG, 2 * DAY)
    ahead = lab.execute(
        """select count(*) filter (where visible_wall_at is not null and from_at > processed_through),
                  count(*) filter (where visible_wall_at is null and from_at <= processed_through),
                  count(*) filter (where gone_wall_at is null and until_at <= processed_through)
           from truth.expectations, lab.clock"""
    ).fetchone()
    assert ahead == (0, 0, 0)
    engine.World(lab).advance(CONFIG.starts_at + 14 * DAY)
    unrepaired = {kind for (kind,) in lab.execute("select kind from truth.faults where not is_repaired")}
    mended = {kind for (kind,) in lab.execute("select kind from truth.faults where is_repaired")}
    assert {"missing_lines", "status_late_in_erp"} <= mended
    assert "short_pick" not in mended
    assert unrepaired


def test_a_world_that_catches_up_is_told_of_at_one_moment(lab):
    """Nobody looks between its slices: what began and ended in between was never there to be seen."""
    engine.create(lab, CONFIG)
    run.advance(lab, CONFIG.starts_at + 3 * DAY)
    sql = "select visible_wall_at, gone_wall_at from truth.expectations where gone_wall_at is not null"
    over = lab.execute(sql).fetchall()
    assert len(over) > 1
    assert len({moment for both in over for moment in both}) == 1


def test_nothing_is_shown_before_its_time(lab):
    """No object is younger than lab time, and a push or file is due no earlier than it happened."""
    went_on(lab, CONFIG, 20 * HOUR)
    young = lab.execute("select count(*) from lab.objects, lab.clock where changed_at > processed_through").fetchone()
    assert young == (0,)


def test_every_fault_can_be_caused_by_hand(lab):
    """On a running world, one after the other: the truth is written, and each order goes on with its fault."""
    config = WorldConfig(seed=3, orders_per_day=200, fault_share=0, lookalike_share=0)
    went_on(lab, config, 20 * HOUR)
    for name, kind in sorted(KINDS.items()):
        done = inject(lab, name)
        promised = set() if name.startswith("ack_") else set(kind.codes)
        assert promised <= {each.code for each in done.expected}, name
        assert bool(done.expected) == bool(promised), name
    engine.World(lab).advance(config.starts_at + 30 * HOUR)
    caused = lab.execute("select kind, injected_by from truth.faults order by kind").fetchall()
    assert caused == [(name, "hand") for name in sorted(KINDS)]
    assert lab.execute("select count(*) from lab.orders where fault is not null").fetchone() == (len(KINDS),)


def test_a_running_world_takes_note_of_a_hand(lab, lab_dsn):
    """An open world draws the order's plan again; a reopened one and an undisturbed one show the same."""
    config = WorldConfig(seed=3, orders_per_day=60, fault_share=0, lookalike_share=0)
    went_on(lab, config)
    opened = engine.World(lab)
    opened.advance(config.starts_at + 20 * HOUR)
    with db.connect(lab_dsn) as other:
        done = inject(other, "credit_block")
    opened.advance(config.starts_at + 40 * HOUR)
    going_on = everything(lab)
    went_on(lab, config, 20 * HOUR)
    with db.connect(lab_dsn) as other:
        assert inject(other, "credit_block").subject == done.subject
    engine.World(lab).advance(config.starts_at + 40 * HOUR)
    assert everything(lab) == going_on
    statuses = lab.execute(
        """select body ->> 'TotalCreditCheckStatus' from lab.objects
           where order_id = %s and kind = 'sales_orders'""",
        [done.subject],
    ).fetchone()
    assert statuses in {("B",), ("D",)}


def test_a_fault_is_refused_where_it_no_longer_fits(lab):
    """What has happened cannot be otherwise, and one order has one fault."""
    config = WorldConfig(seed=3, orders_per_day=20, fault_share=0, lookalike_share=0, days=1)
    went_on(lab, config, 20 * DAY)
    number = choose.number_of(0, 0)
    with pytest.raises(Refused, match="too far gone"):
        inject(lab, "short_pick", order=number)
    with pytest.raises(Misconfigured, match="there is no fault"):
        inject(lab, "sabotage")


def test_an_endpoint_fault_is_a_rule_for_the_faces_and_a_truth(lab):
    went_on(lab, CONFIG, HOUR)
    done = inject(lab, "endpoint_down", system="sap", lasts=2 * HOUR)
    assert lab.execute("select system, behaviour, until_at - from_at from lab.misbehaviours").fetchall() == [
        ("sap", "down", 2 * HOUR)
    ]
    assert [(each.code, each.subject_id) for each in done.expected] == [("partner_unavailable", "partner/sap-main")]


def test_one_process_advances_a_world_at_a_time(lab, lab_dsn):
    """A world that somebody else has moved is opened anew, and nothing is shown twice."""
    went_on(lab, CONFIG)
    stale = engine.World(lab)
    with db.connect(lab_dsn) as other:
        engine.World(other).advance(CONFIG.starts_at + 10 * HOUR)
        assert stale.advance(CONFIG.starts_at + 5 * HOUR) == 0
        assert run.advance(other, CONFIG.starts_at + 20 * HOUR) > 0
    assert run.advance(lab, CONFIG.starts_at + 30 * HOUR) > 0
    assert everything(lab) == went_on(lab, CONFIG, 30 * HOUR)


def test_a_running_clock_does_not_lose_the_time_its_steps_take(lab):
    """Lab time at a wall time is the same before and after an advance."""
    went_on(lab, CONFIG)
    clock = Clock(lab)
    clock.run(3600)
    lab.commit()
    before = clock.read()
    lab.commit()
    time.sleep(0.05)
    run.advance(lab, before.live())
    after = clock.read()
    wall = after.wall_at + timedelta(seconds=10)
    assert abs(before.live(wall) - after.live(wall)) < timedelta(seconds=1)


def test_the_product_follows_the_labs_clock(lab, app):
    """`ref.as_of()` is lab time, and runs as fast."""
    went_on(lab, CONFIG, HOUR)
    set_business_clock(app, Clock(lab).now(), 0)
    assert app.execute("select ref.as_of()").fetchone() == (CONFIG.starts_at + HOUR,)
    set_business_clock(app, Clock(lab).now(), 3600)
    app.commit()
    time.sleep(0.1)
    assert app.execute("select ref.as_of()").fetchone()[0] > CONFIG.starts_at + HOUR + timedelta(minutes=5)


@pytest.mark.parametrize("role", PRODUCT_ROLES)
def test_no_role_of_the_product_enters_the_lab(lab, lab_dsn, postgres: Server, template, role):
    """The truth is out of the product's reach."""
    name = lab.info.dbname
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(postgres.dsn(name, role, "for-tests-only"))


def test_a_reset_forgets_the_world_and_begins_anew(lab):
    went_on(lab, CONFIG, DAY)
    db.wipe(lab)
    with pytest.raises(Misconfigured, match="no world"):
        engine.World(lab)
    lab.rollback()
    assert all(rows == [] for rows in everything(lab).values())
