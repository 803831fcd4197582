"""A whole system for one test: the lab's process, a product database with its models, the lanes; time moves by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import stamina

from crossdock.core import clock
from crossdock.core.errors import Retriable
from crossdock.core.settings import settings
from crossdock.db.connect import connect
from crossdock.edi.api import send_ready
from crossdock.landing.feeds import feeds
from crossdock.landing.ingest import ingest
from crossdock.lanes import models
from crossdock.onboarding.load import sync
from crossdock.remediation import api as remediation
from crossdock.remediation.policies import files, store
from crossdock.stack.postgres import Server, free_port
from crossdock.worker.rounds import Rounds
from crossdock_lab import db as lab_db
from crossdock_lab.world import engine
from crossdock_lab.world.config import WorldConfig

CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))


@dataclass
class Rig:
    """The lab at `base`, the product at `dsn` (by role); `step` moves the world, `settle` lets the product catch up."""

    dsn: dict[str, str]
    lab_dsn: str
    base: str
    processes: list[subprocess.Popen] = field(default_factory=list)
    _rounds: Rounds | None = None

    def now(self) -> datetime:
        """Lab time."""
        return datetime.fromisoformat(httpx.get(f"{self.base}/lab/clock").json()["now"])

    def step(self, **delta: float) -> datetime:
        """Let the world go on, as in `step(hours=6)`; business time stands still at its end."""
        until = self.now() + timedelta(**delta)
        httpx.post(f"{self.base}/lab/step", json={"until": until.isoformat()}, timeout=300).raise_for_status()
        with connect("rig", conninfo=self.dsn["app"], autocommit=True) as connection:
            clock.follow(connection, until, 0)
        return until

    def poll(self) -> None:
        """Read every polled feed and mailbox once."""
        with connect("rig", conninfo=self.dsn["app"]) as connection:
            chosen = [f for f in feeds(connection) if f.mode != "push"]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda f: self._read(f.partner_id, f.feed), chosen))

    @stamina.retry(on=Retriable, attempts=4, wait_initial=0.2)
    def _read(self, partner_id: str, feed: str) -> None:
        """Read one feed, again where the network did not let us, as Airflow would."""
        ingest(partner_id, feed, conninfo=self.dsn["app"])

    def settle(self) -> None:
        """Run the fast lane, and open cases, until nothing waits and no deadline has passed."""
        rounds = self.rounds()
        while rounds.take():
            pass
        while rounds.look_at_deadlines():
            pass

    def rounds(self) -> Rounds:
        """The worker's rounds, over one connection as long as that lives: its scratch tables are made once."""
        if self._rounds is None or self._rounds.work.closed:
            work = connect("rig lane", conninfo=self.dsn["app"], autocommit=True)
            self._rounds = Rounds(work, models.load(conninfo=self.dsn["dbt"]))
        return self._rounds

    def close(self) -> None:
        """End our processes and give the connection back."""
        if self._rounds is not None:
            self._rounds.work.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)

    def repair(self) -> bool:
        """Decide, send and verify until nothing is left to do; return whether there was anything."""
        acted = remediation.act(conninfo=self.dsn["app"])
        seen = remediation.verify(conninfo=self.dsn["app"])
        return bool(acted.get("actions_acknowledged") or seen.get("cases_disagreed") or seen.get("cases_returned"))

    def catch_up(self, rounds: int = 4) -> None:
        """Let the product read, find, repair and read again what it wrote, until it has nothing to do."""
        for _ in range(rounds):
            self.pushed(seconds=600)
            self.poll()
            self.settle()
            for partner_id in self.edi_partners():
                send_ready(partner_id, conninfo=self.dsn["app"])
            if not self.repair():
                return

    def edi_partners(self) -> list[str]:
        """Who gets EDI documents of ours."""
        return [row[0] for row in self.rows("select partner_id from ref.partners where role_code = 'edi'")]

    def pushed(self, seconds: float = 60) -> None:
        """Wait until the lab has delivered every webhook that is due."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with psycopg.connect(self.lab_dsn) as lab:
                waiting = lab.execute(
                    "select count(*) from lab.pushes, lab.clock where sent_at is null and due_at <= processed_through"
                ).fetchone()[0]
            if not waiting:
                return
            time.sleep(0.05)
        raise AssertionError(f"{waiting} webhooks were not delivered in {seconds} s")

    def rows(self, sql: str, *values: object) -> list[tuple]:
        """Ask the product's database, as the auditor."""
        with psycopg.connect(self.dsn["auditor"], options="-c TimeZone=UTC") as connection:
            return connection.execute(sql, values or None).fetchall()


@contextmanager
def rig(server: Server, dsn: dict[str, str], config: WorldConfig, folder: Path, *, inbox: bool = True) -> Iterator[Rig]:
    """Start the lab and the inbox for a product database whose models are built."""
    name = "lab_" + dsn["app"].rsplit("dbname=", 1)[1].split()[0]
    with psycopg.connect(server.superuser, autocommit=True) as admin:
        lab_db.create(admin, server.password, name)
    lab_dsn = server.dsn(name, lab_db.ROLE, server.password)
    with lab_db.connect(lab_dsn) as connection:
        engine.create(connection, config)
        connection.commit()
    port, sftp_port, inbox_port = free_port(), free_port(), free_port()
    os.environ["CROSSDOCK_LAB_DSN"] = lab_dsn
    made = Rig(dsn, lab_dsn, f"http://127.0.0.1:{port}")
    try:
        own = {"CROSSDOCK_LAB_DSN": lab_dsn, "CROSSDOCK_LAB_MAILBOX": str(folder / "mailbox")}
        hooks = {"CROSSDOCK_LAB_WEBHOOKS": f"http://127.0.0.1:{inbox_port}"} if inbox else {}
        start(made, ["lab", "serve", "--port", str(port), "--sftp-port", str(sftp_port)], own | hooks)
        wait_for(f"{made.base}/lab/health")
        _connect(port, sftp_port)
        with connect("rig", conninfo=dsn["app"]) as connection:
            sync(connection, settings().partner_dirs)
            store.sync(connection, files.read_all(), "rig")
            clock.follow(connection, config.starts_at, 0)
        if inbox:
            start(made, ["inbox", "--port", str(inbox_port)], {"CROSSDOCK_DSN": dsn["app"]})
            wait_for(f"http://127.0.0.1:{inbox_port}/health")
        yield made
    finally:
        made.close()
        with psycopg.connect(server.superuser, autocommit=True) as admin:
            admin.execute(f'drop database "{name}" with (force)')


def start(made: Rig, words: list[str], environment: dict[str, str]) -> None:
    """Start one of our own processes; it ends with the rig."""
    made.processes.append(subprocess.Popen([CROSSDOCK, *words], env=os.environ | environment))


def wait_for(url: str, seconds: float = 60) -> None:
    """Return when `url` answers 200."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer in {seconds} s")


def _connect(port: int, sftp_port: int) -> None:
    """Put the lab's connections into this process's environment, as `crossdock up --lab` does for Airflow."""
    words = [CROSSDOCK, "lab", "connections", "--port", str(port), "--sftp-port", str(sftp_port)]
    for conn_id, given in json.loads(subprocess.check_output(words)).items():
        os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(given)
