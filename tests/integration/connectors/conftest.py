"""The lab's systems on a port of this test, over a database of their own, and connectors to them."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import psycopg
import pytest
import uvicorn

from crossdock.connectors.base import Commands, Connector, commands_for, connector_for
from crossdock.core.connections import Connection
from crossdock_lab import db as lab_db
from crossdock_lab.connections import connections
from crossdock_lab.systems import server
from lab_samples import fill, put_fresh

PARTNER = {
    "sap_s4": "sap_main",
    "epcis": "wms_main",
    "easypost": "easypost",
    "shopify": "shop_main",
    "zendesk": "zendesk",
}
QUICK = {"http": {"attempts": 3, "first_wait": 0.01, "longest_wait": 2.0, "read_seconds": 2.0}}


@dataclass
class LabServer:
    """The lab at `base`; its database is `dsn`."""

    base: str
    dsn: str

    def connection(self, system_type: str) -> Connection:
        conn_id = PARTNER[system_type]
        given = connections(self.dsn, self.base, "127.0.0.1", 0)[conn_id]
        return Connection(conn_id, **{k: v for k, v in given.items() if v is not None})

    def connector(self, system_type: str, **settings: object) -> Connector:
        return connector_for(system_type, self.connection(system_type), QUICK | settings)

    def commands(self, system_type: str, **settings: object) -> Commands:
        return commands_for(system_type, self.connection(system_type), QUICK | settings)

    def interventions(self) -> list[tuple]:
        """(number, kind, params) of what the world was told, in order; each belongs to a write."""
        return self.sql(
            """select number, kind, i.params from lab.interventions as i join lab.writes using (write_id)
               order by intervention_id"""
        )

    def taken(self) -> list[str]:
        """The outcomes of the writes that had an effect."""
        found = self.sql("select outcome from lab.writes order by write_id")
        return [outcome for (outcome,) in found if outcome[0] == "2" and "repeated" not in outcome]

    def misbehave(self, system: str, behaviour: str, **params: object) -> None:
        given = {"system": system, "behaviour": behaviour, "params": params}
        httpx.post(f"{self.base}/lab/misbehave", json=given).raise_for_status()

    def sql(self, text: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def lab(postgres) -> Iterator[LabServer]:
    """A lab with twenty-five orders, each at the same point of its life."""
    name, password = f"lab_{secrets.token_hex(4)}", "for-tests-only"
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        lab_db.create(admin, password, name)
    dsn = postgres.dsn(name, "lab", password)
    with lab_db.connect(dsn) as connection:
        fill(connection, 25)
        # Each fulfillment, as each order, a second after the one before.
        connection.execute(
            """
            update lab.objects set changed_at = changed_at + make_interval(secs => object_id::bigint - 256000017)
            where kind = 'fulfillments'
            """
        )
    running: dict[str, uvicorn.Server] = {}
    ready = threading.Event()

    async def serve() -> None:
        async with server.opened(server.Place(dsn)) as made:
            config = uvicorn.Config(server.application(made), host="127.0.0.1", port=0, log_level="error")
            running["server"] = uvicorn.Server(config)
            task = asyncio.create_task(running["server"].serve())
            while not running["server"].started:
                await asyncio.sleep(0.01)
            ready.set()
            await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    port = running["server"].servers[0].sockets[0].getsockname()[1]
    yield LabServer(f"http://127.0.0.1:{port}", dsn)
    running["server"].should_exit = True
    thread.join(20)
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def fresh_order(lab) -> None:
    """Order 2000001, sales order 1, with its delivery 82000001 of which nothing has been picked."""
    with psycopg.connect(lab.dsn) as connection:
        put_fresh(connection)
