"""The world goes on behind the faces: by a step, or by its running clock."""

from __future__ import annotations

import json

import httpx
import jsonschema
import pytest

from crossdock_lab import db
from crossdock_lab.clock import Clock
from crossdock_lab.world import engine
from crossdock_lab.world.config import WorldConfig


@pytest.fixture
def world_dsn(lab_dsn: str) -> str:
    with db.connect(lab_dsn) as connection:
        engine.create(connection, WorldConfig(seed=11, orders_per_day=60, days=2))
        connection.commit()
    return lab_dsn


def test_a_step_shows_in_every_system(world_dsn: str, start_lab, real_data) -> None:
    """Two days on: each system has something to say, files lie in the mailbox, and real events are valid EPCIS."""
    with start_lab(world_dsn) as lab:
        assert lab.get("/lab/health").status_code == 200
        httpx.post(f"{lab.url}/lab/step", json={"seconds": 2 * 86400}, timeout=120).raise_for_status()
        objects = lab.get("/lab/health").json()["objects"]
        assert {name.split("/")[0] for name in objects} >= {"sap", "wms", "easypost", "shop"}
        assert lab.rows("select count(*) > 0 from lab.files where dropped_at is not null") == [(True,)]
        headers = {"Authorization": f"Bearer {lab.conn['wms_main']['password']}"}
        document = lab.get("/wms/events", params={"perPage": 500}, headers=headers).json()
        schema = json.loads((real_data / "api" / "gs1_epcis" / "EPCIS-JSON-Schema.json").read_text())
        jsonschema.Draft7Validator(schema).validate(document)


def test_a_running_clock_moves_the_world(world_dsn: str, start_lab, eventually) -> None:
    """An hour a second: orders come in by themselves, and the lab's time goes on."""
    with db.connect(world_dsn) as connection:
        Clock(connection).run(3600)
        connection.commit()
    with start_lab(world_dsn) as lab:
        before = lab.get("/lab/clock").json()["now"]
        eventually(lambda: lab.rows("select count(*) > 0 from lab.objects where kind = 'sales_orders'") == [(True,)])
        eventually(lambda: lab.get("/lab/clock").json()["now"] > before)


def test_without_a_world_there_is_still_an_answer(lab_dsn: str, start_lab) -> None:
    """Health answers; the clock says what to do."""
    with start_lab(lab_dsn) as lab:
        assert lab.get("/lab/health").json()["objects"] == {}
        answer = lab.get("/lab/clock")
        assert (answer.status_code, "lab reset" in answer.text) == (409, True)
