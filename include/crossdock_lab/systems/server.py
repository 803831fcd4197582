"""The lab's process: every system on one HTTP port, the mailbox on another, webhooks going out, the world ticking.

Configured by the environment of the lab, not the product's: `CROSSDOCK_LAB_DSN` (its own database),
`CROSSDOCK_LAB_WEBHOOKS` (base URL of the product's inbox; empty: no webhooks), `CROSSDOCK_LAB_MAILBOX` (folder).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import psycopg
import structlog
import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from crossdock.core.errors import Misconfigured
from crossdock_lab import db
from crossdock_lab.systems import control, misbehave, secrets
from crossdock_lab.systems.chat import service as chat
from crossdock_lab.systems.easypost import service as easypost
from crossdock_lab.systems.epcis import service as epcis
from crossdock_lab.systems.http import Lab, Stamped
from crossdock_lab.systems.misbehave import Misbehaving
from crossdock_lab.systems.pushes import Sender
from crossdock_lab.systems.running import Running
from crossdock_lab.systems.sap import service as sap
from crossdock_lab.systems.sftp import Mailbox
from crossdock_lab.systems.shopify import service as shopify
from crossdock_lab.systems.zendesk import service as zendesk

FACES = {"sap": sap, "wms": epcis, "easypost": easypost, "shop": shopify, "zendesk": zendesk, "chat": chat}
"""Each system by the prefix of its paths, which is its name in the lab's tables."""
TICK, RULES_EVERY, MAILBOX_EVERY = 0.25, 0.25, 0.25
"""Wall seconds between two steps of a running world, two looks at the rules, two looks at the mailbox."""

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
            db.dsn(),
            os.environ.get("CROSSDOCK_LAB_WEBHOOKS", ""),
            Path(mailbox) if mailbox else None,
        )


@asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Lab]:
    """A lab on its database, with its secrets and the rules now in force."""
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        kept = secrets.kept(connection)
    async with AsyncConnectionPool(place.dsn, min_size=2, max_size=16, open=False, kwargs=_SESSION) as pool:
        lab = Lab(pool, kept, Running(place.dsn))
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


async def _again_and_again(what: str, work: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Do `work` every so often, for ever; whatever goes wrong is said, and it is done again."""
    while True:
        try:
            await work()
        except Misconfigured:  # there is no world yet: somebody is about to make one
            await asyncio.sleep(1)
        except psycopg.Error as error:  # the database is away, or refused: nothing is half done
            log.error("the lab could not go on", what=what, error=str(error))
            await asyncio.sleep(1)
        await asyncio.sleep(seconds)


async def run(place: Place, host: str, port: int, sftp_port: int) -> None:
    """Serve until cancelled."""
    async with opened(place) as lab, AsyncExitStack() as stack:
        mailbox = Mailbox(lab, place.mailbox or Path(tempfile.mkdtemp(prefix="crossdock-lab-")) / "mailbox")
        stack.push_async_callback(_close, await mailbox.listen(host, sftp_port))
        config = uvicorn.Config(
            application(lab), host=host, port=port, log_level="warning", access_log=False, lifespan="off"
        )
        lab.looks = [lambda: look_at_rules(lab), mailbox.look]
        loops = [
            _again_and_again("rules", lambda: look_at_rules(lab), RULES_EVERY),
            _again_and_again("world", lab.world.follow_clock, TICK),
            _again_and_again("mailbox", mailbox.look, MAILBOX_EVERY),
        ]
        if place.webhooks:
            loops.append(Sender(lab, place.webhooks).run())
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await _served(uvicorn.Server(config))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _served(web: uvicorn.Server) -> None:
    """Serve until told to stop, by a signal or by cancelling this; open connections are closed either way."""
    try:
        await web.serve()
    except asyncio.CancelledError:
        await web.shutdown()
        raise


async def _close(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()


def serve(host: str, port: int, sftp_port: int) -> None:
    """Run the lab's systems, its mailbox, its webhooks and its world's clock until the process is told to stop."""
    db.connect().close()  # makes the lab's tables where they are not there yet
    asyncio.run(run(Place.from_environment(), host, port, sftp_port))
