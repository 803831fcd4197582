"""The lab's process: every system on one HTTP port, the mailbox on another, webhooks going out, the world ticking.

Configured by the environment of the lab, not the product's: `CROSSDOCK_LAB_DSN` (its own database),
`CROSSDOCK_LAB_WEBHOOKS` (base URL of the product's inbox; empty: no webhooks), `CROSSDOCK_LAB_MAILBOX` (folder).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog
import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from crossdock_lab.systems import control, misbehave, secrets
from crossdock_lab.systems.easypost import service as easypost
from crossdock_lab.systems.epcis import service as epcis
from crossdock_lab.systems.http import Lab, Stamped
from crossdock_lab.systems.misbehave import Misbehaving
from crossdock_lab.systems.pushes import Sender
from crossdock_lab.systems.sap import service as sap
from crossdock_lab.systems.sftp import Mailbox
from crossdock_lab.systems.shopify import service as shopify
from crossdock_lab.systems.zendesk import service as zendesk

FACES = {"sap": sap, "wms": epcis, "easypost": easypost, "shop": shopify, "zendesk": zendesk}
"""Each system by the prefix of its paths, which is its name in the lab's tables."""
TICK, RULES_EVERY = 0.25, 0.25
"""Wall seconds between two steps of a running world, and between two looks at the rules of misbehaviour."""

log = structlog.get_logger(room="lab")


@dataclass(frozen=True)
class Place:
    """Where the lab lives."""

    dsn: str
    webhooks: str = ""
    mailbox: Path | None = None

    @classmethod
    def from_environment(cls) -> Place:
        """As `CROSSDOCK_LAB_*` say."""
        mailbox = os.environ.get("CROSSDOCK_LAB_MAILBOX")
        return cls(
            os.environ["CROSSDOCK_LAB_DSN"],
            os.environ.get("CROSSDOCK_LAB_WEBHOOKS", ""),
            Path(mailbox) if mailbox else None,
        )


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Lab]:
    """A lab on its database, with its secrets and the rules now in force."""
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        kept = secrets.kept(connection)
    async with AsyncConnectionPool(place.dsn, min_size=2, max_size=16, open=False, kwargs=_SESSION) as pool:
        lab = Lab(place.dsn, pool, kept)
        await look_at_rules(lab)
        yield lab


_SESSION = {"options": "-c TimeZone=UTC", "application_name": "crossdock lab"}


def application(lab: Lab) -> ASGIApp:
    """Every system under its prefix, and the control under /lab."""
    routes = [
        Mount(f"/{name}", Misbehaving(Starlette(routes=face.routes(lab)), name, lab.rules))
        for name, face in FACES.items()
    ]
    return Stamped(Starlette(routes=[*routes, Mount("/lab", routes=control.routes(lab))]), lab)


async def look_at_rules(lab: Lab) -> None:
    """Take the rules of misbehaviour that are in force now."""
    lab.rules.replace(await lab.store.rows(misbehave.SELECT))


async def _rules(lab: Lab) -> None:
    while True:
        try:
            await look_at_rules(lab)
        except psycopg.Error as error:  # the database is away: the rules of before hold until it is back
            log.error("the rules of misbehaviour could not be read", error=str(error))
        await asyncio.sleep(RULES_EVERY)


async def _tick(lab: Lab) -> None:
    """Let the world go on as its clock says, for ever."""
    while True:
        try:
            await control.advance_by_clock(lab)
        except psycopg.Error as error:  # the same step is taken again: the world's steps are transactions
            log.error("the world could not go on", error=str(error))
        await asyncio.sleep(TICK)


async def run(place: Place, host: str, port: int, sftp_port: int) -> None:
    """Serve until cancelled."""
    async with opened(place) as lab, AsyncExitStack() as stack:
        mailbox = Mailbox(lab, place.mailbox or Path(tempfile.mkdtemp(prefix="crossdock-lab-")) / "mailbox")
        stack.push_async_callback(_close, await mailbox.listen(host, sftp_port))
        config = uvicorn.Config(application(lab), host=host, port=port, log_level="warning", access_log=False)
        loops = [_rules(lab), _tick(lab), mailbox.run()]
        if place.webhooks:
            loops.append(Sender(lab, place.webhooks).run())
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await uvicorn.Server(config).serve()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _close(acceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()


def serve(host: str, port: int, sftp_port: int) -> None:
    """Run the lab's systems, its mailbox, its webhooks and its world's clock until the process is told to stop."""
    asyncio.run(run(Place.from_environment(), host, port, sftp_port))
