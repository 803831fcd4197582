"""Blows that fall while the product works on a step: kill -9 of whatever works, and systems that fail.

A storm has two phases, as every step of the world has: what happened is read, and then it is acted upon. In each phase
the processes are killed at seeded random moments and started again, as the supervisor and Airflow do; the phase is over
when they have come to an end by themselves, with nothing left waiting. So what is decided is decided on the same
knowledge as in calm, and the two runs can be compared.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import httpx
import psycopg
import stamina

from chaos import final
from chaos.mortals import Mortal, forked, kill
from crossdock.edi.api import send_ready
from crossdock.landing.ingest import ingest_all
from crossdock.remediation import api as remediation
from crossdock.remediation import outbox
from crossdock.worker.loop import Worker
from rig import CROSSDOCK, Rig, wait_for

SYSTEMS = ("sap", "wms", "easypost", "shop", "zendesk")
READING = ("reader", "worker", "inbox", "postgres")
ACTING = ("hands", "hands", "worker", "postgres")
LONGEST = 0.8
"""Seconds between two blows, at most."""
PATIENCE = 120
"""Seconds after the last blow within which everything must have been made good."""
WAITS_FOR_READING = ("raw.", "ops.pending_")
SETTINGS = """
update ref.partners set settings = settings
    || jsonb_build_object('http', '{"first_wait": 0.05, "longest_wait": 0.5, "read_seconds": 5}'::jsonb)
    || jsonb_build_object('limits', coalesce(settings -> 'limits', '{}') || '{"cool_down": 0.5}')
"""


class Storm:
    """Called with the number of each step. `struck` counts whom it hit at work."""

    def __init__(self, system: Rig, postgres: Mortal, *, seed: int) -> None:
        self.system, self.postgres, self.seed = system, postgres, seed
        self.inbox = next(one for one in system.processes if "inbox" in one.args)
        self.struck: Counter[str] = Counter()
        self.outages: Counter[str] = Counter()
        with psycopg.connect(system.dsn["owner"]) as connection:
            connection.execute(SETTINGS)

    def __call__(self, number: int) -> None:
        """Rage, and return when everything has been made good by the processes themselves."""
        draw = random.Random(f"{self.seed}/{number}")
        dsn = self.system.dsn["app"]
        self.system.rounds().work.close()  # it would not outlive the database
        self.worker = forked(Worker(dsn).run)
        try:
            self._misbehave("*", "duplicate", probability=0.5, seed=number)
            self._misbehave("*", "reorder")
            self._outage(draw, 2 * number)
            self._phase(draw, partial(_read, dsn), READING, self._is_read)
            self._outage(draw, 2 * number + 1)
            self._phase(draw, partial(_act, dsn, self.system.edi_partners()), ACTING, self._is_done)
        finally:
            kill(self.worker)

    def _phase(
        self, draw: random.Random, work: Callable[[], None], victims: tuple[str, ...], is_over: Callable[[], bool]
    ) -> None:
        self.work = forked(work)
        for victim in draw.sample(victims, len(victims)):
            self.work.join(draw.uniform(0, LONGEST))
            self.struck[victim] += self._strike(victim)
            if not self.work.is_alive():
                self.work = forked(work)
        self._control("DELETE")
        until = time.monotonic() + PATIENCE
        while True:
            self.work.join(PATIENCE)
            if self.work.exitcode == 0 and is_over():
                return
            assert time.monotonic() < until, f"not made good: {final.unfinished(self.system.dsn['auditor'])}"
            self.work = forked(work)

    def _strike(self, victim: str) -> bool:
        """kill -9, and start again what nobody else would; whether it was at work."""
        if victim == "postgres":
            self.postgres.kill()
            return True
        if victim == "inbox":
            return self._strike_inbox()
        process = self.worker if victim == "worker" else self.work
        was_alive = kill(process)
        if victim == "worker":
            self.worker = forked(Worker(self.system.dsn["app"]).run)
        return was_alive

    def _strike_inbox(self) -> bool:
        self.inbox.send_signal(signal.SIGKILL)
        self.inbox.wait()
        self.system.processes.remove(self.inbox)
        port = self.inbox.args[-1]
        self.inbox = subprocess.Popen(
            [CROSSDOCK, "inbox", "--port", port], env=os.environ | {"CROSSDOCK_DSN": self.system.dsn["app"]}
        )
        self.system.processes.append(self.inbox)
        wait_for(f"http://127.0.0.1:{port}/health")
        return True

    def _is_read(self) -> bool:
        self.system.pushed(seconds=PATIENCE)
        return self._comes_to_rest(WAITS_FOR_READING)

    def _is_done(self) -> bool:
        return self._comes_to_rest(("ops.actions", "ops.outbound", "ops.cases"), seconds=0)

    def _comes_to_rest(self, places: tuple[str, ...], seconds: float = 30) -> bool:
        until = time.monotonic() + seconds
        while any(place.startswith(places) for place in final.unfinished(self.system.dsn["auditor"])):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def _outage(self, draw: random.Random, turn: int) -> None:
        """One system is away for a while; of all of them, some answers come too late and some calls too early."""
        system = SYSTEMS[turn % len(SYSTEMS)]
        self.outages[system] += 1
        self._misbehave(system, "down", retry_after=0.2)
        self._misbehave("*", "unanswered", seconds=0.2, times=3, probability=0.3, seed=draw.random(), method="POST")
        self._misbehave("*", "timeout", seconds=0.2, times=2, probability=0.2, seed=draw.random())
        self._misbehave("*", "throttle", retry_after=0.2, times=2, probability=0.2, seed=draw.random())

    def _misbehave(self, system: str, behaviour: str, **params: object) -> None:
        self._control("POST", json={"system": system, "behaviour": behaviour, "params": params})

    @stamina.retry(on=httpx.HTTPError, attempts=8, wait_initial=0.1, wait_max=1)
    def _control(self, method: str, **given: object) -> None:
        """Tell the lab, again where its database has only just come back."""
        httpx.request(method, f"{self.system.base}/lab/misbehave", timeout=60, **given).raise_for_status()


def _read(dsn: str) -> None:
    """Read every feed; fails where one could not be read."""
    failed = [outcome for _, outcome in ingest_all(conninfo=dsn) if isinstance(outcome, Exception)]
    if failed:
        raise SystemExit(1)


def _act(dsn: str, edi_partners: list[str]) -> None:
    """Decide, send and verify until nothing is left to do, as the tasks of the DAGs do."""
    for partner_id in edi_partners:
        send_ready(partner_id, conninfo=dsn)
    outbox.Effort = partial(outbox.Effort, first_wait=0.1, longest_wait=1, lease=2)  # in this process only
    remediation.act(conninfo=dsn)
    remediation.verify(conninfo=dsn)
