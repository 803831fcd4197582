"""`crossdock demo`: the lab trades for some days, Airflow takes over, and what was found is shown beside the truth.

The days of history are stepped: the world goes on some hours, every feed is read, what is found is repaired and read
again, and so on, so that each step is as some hours of ordinary work. Then the lab's clock runs, slowly, and reading
and repairing is Airflow's alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
from rich.console import Console

from crossdock.core.errors import PartnerDown
from crossdock.db.connect import connect
from crossdock_lab import db
from crossdock_lab.clock import Clock, set_business_clock

STEP_HOURS = 4
CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))

WAITING = "select count(*) from raw.pending_records"
UNSENT = "select count(*) from lab.pushes, lab.clock where sent_at is null and due_at <= processed_through"
UNREAD = """
    select count(*)
    from ref.feeds as f
    left join raw.cursors as c using (feed_id)
    where f.is_active and f.mode <> 'push' and coalesce(c.read_through_at, '-infinity') < %s
"""
BY_AIRFLOW = """
    select count(distinct feed_id) from raw.runs
    where trigger in ('scheduled', 'asset_triggered', 'manual') and status = 'done' and started_at > %s
"""
VERIFIED = "select count(*) from ops.cases where state = 'resolved' or close_reason = 'resolved'"
ASKED = "select count(*) from ops.approvals where state = 'waiting'"
OPEN = "select count(*) from ops.detections where cleared_at is null"


class Demo:
    """One showing. `days` of history at `orders_per_day`, then life at `speed` lab seconds a second."""

    def __init__(self, console: Console, days: float, orders_per_day: int, speed: float) -> None:
        self.console = console
        self.days, self.orders_per_day, self.speed = days, orders_per_day, speed
        self.began = time.monotonic()

    def run(self) -> None:
        """Show it; raises PartnerDown when the product does not keep up."""
        with db.connect() as lab, connect("demo", autocommit=True) as product:
            if self._is_new(lab):
                crossdock("lab", "reset", "--orders-per-day", str(self.orders_per_day))
                self._history(lab, product)
            self._live(lab, product)

    def _is_new(self, lab: psycopg.Connection) -> bool:
        row = lab.execute("select started_at = processed_through from lab.clock").fetchone()
        lab.commit()
        return row is None or row[0]

    def _say(self, text: str) -> None:
        self.console.print(f"{time.monotonic() - self.began:5.0f} s  {text}", highlight=False)

    def _history(self, lab: psycopg.Connection, product: psycopg.Connection) -> None:
        self._say(
            f"the lab trades {self.days:g} days, {self.orders_per_day} orders a day, {STEP_HOURS} hours at a time"
        )
        partners = [row[0] for row in product.execute("select partner_id from ref.partners where role_code = 'edi'")]
        steps = round(self.days * 24 / STEP_HOURS)
        for number in range(1, steps + 1):
            set_business_clock(product, self._step(), 0)
            self._until("webhooks delivered", lambda: not one(lab, UNSENT))
            crossdock("land", "--all")
            self._until("records taken through the lane", lambda: not one(product, WAITING))
            for partner_id in partners:
                crossdock("edi", "send", partner_id)
            crossdock("remediate")
            if number % (24 // STEP_HOURS) == 0 or number == steps:
                self._say(f"day {number * STEP_HOURS / 24:g}: {self._standing(product)}")

    def _standing(self, product: psycopg.Connection) -> str:
        """What there is by now, in words."""
        records, found = one(product, "select count(*) from raw.records"), one(product, OPEN)
        verified, waiting = one(product, VERIFIED), one(product, ASKED)
        return (
            f"{records} records landed, {found} exceptions stand, {verified} repairs verified, "
            f"{waiting} questions wait for a person"
        )

    def _step(self) -> datetime:
        """Ask the lab's process, which has the world open, to go on; the lab's time then."""
        url = f"{os.environ['CROSSDOCK_LAB_URL']}/lab/step"
        answer = httpx.post(url, json={"seconds": STEP_HOURS * 3600}, timeout=300)
        return datetime.fromisoformat(answer.raise_for_status().json()["now"])

    def _live(self, lab: psycopg.Connection, product: psycopg.Connection) -> None:
        crossdock("lab", "run", "--speed", str(self.speed))
        began, mark = datetime.now().astimezone(), self._lab_time(lab) + timedelta(minutes=1)
        feeds = one(product, "select count(*) from ref.feeds where is_active and mode <> 'push'")
        self._say(f"the lab runs at {self.speed:g} times the wall clock; from here on Airflow reads its {feeds} feeds")
        crossdock("trigger", "ingest__*")  # some are due in a quarter of an hour only
        self._until(
            "feeds read by Airflow", lambda: one(product, BY_AIRFLOW, began) >= feeds and not one(product, UNREAD, mark)
        )
        self._until("records taken through the lane", lambda: not one(product, WAITING))
        self._say("every feed has been read by Airflow")

    def _lab_time(self, lab: psycopg.Connection) -> datetime:
        now = Clock(lab).read().now
        lab.commit()
        return now

    def _until(self, what: str, done: Callable[[], bool], seconds: float = 300) -> None:
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise PartnerDown(
                    f"waited {seconds:g} s in vain: {what}", hint="see `crossdock status`, `crossdock logs`"
                )
            time.sleep(0.1)


def one(connection: psycopg.Connection, sql: str, *values: object) -> int:
    """The one number that a query answers; nothing stays open behind it."""
    found = connection.execute(sql, values or None).fetchone()[0]
    connection.commit()
    return found


def crossdock(*words: str) -> None:
    """Run another command of ours; what it prints is shown only when it fails."""
    done = subprocess.run([CROSSDOCK, *words], env=os.environ, capture_output=True, text=True)
    if done.returncode:
        raise PartnerDown(f"`crossdock {' '.join(words)}` failed", hint=(done.stderr or done.stdout).strip()[-1500:])
