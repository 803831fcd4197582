"""What DAGs, the command line and tests call of remediation: act (decide and send) and verify."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict

import psycopg

from crossdock.core import log
from crossdock.db.connect import connect
from crossdock.remediation import approvals, outbox
from crossdock.remediation.systems import Systems
from crossdock.remediation.triage import triage
from crossdock.remediation.verify import verify_ready

__all__ = ["act", "verify"]

logger = log.get("remediation")
LIMIT = 200
LOOK_EVERY = 2.0
"""Seconds after which waiting work is looked at although nobody woke us: retries fall due, time passes."""

IDLE = {"cases_wait", "cases_waiting", "cases_passed_over", "cases_failed"}
"""Counts of work that was looked at and left as it was."""

Step = Callable[[], Counter[str]]


def act(*, seconds: float = 0.0, conninfo: str | None = None) -> dict[str, int]:
    """Decide what waits and send what may be sent, until nothing is left; then linger for `seconds`.

    A notice on `crossdock` wakes it. Returns the counts of everything done.
    """
    with Systems(conninfo) as systems, connect("decide", conninfo=conninfo, autocommit=True) as connection:
        return _linger(seconds, conninfo, lambda: _act(connection, systems, conninfo))


def verify(*, seconds: float = 0.0, conninfo: str | None = None) -> dict[str, int]:
    """Read the systems again for every case that waits for it, until nothing is left; then linger for `seconds`."""
    with Systems(conninfo) as systems:
        return _linger(seconds, conninfo, lambda: _verify(systems, conninfo))


def _act(connection: psycopg.Connection, systems: Systems, conninfo: str | None) -> Counter[str]:
    counts = Counter(questions_expired=approvals.expire_due(connection))
    counts.update(
        {f"cases_{name}": count for name, count in asdict(triage(connection, LIMIT, systems.commands)).items()}
    )
    sent = outbox.send_ready(lambda: connect("outbox", conninfo=conninfo), LIMIT, systems.commands)
    counts.update({f"actions_{name}": count for name, count in asdict(sent).items()})
    return counts


def _verify(systems: Systems, conninfo: str | None) -> Counter[str]:
    done = verify_ready(lambda: connect("verify", conninfo=conninfo), LIMIT, systems.commands)
    return Counter({f"cases_{name}": count for name, count in asdict(done).items()})


def _moved(done: Counter[str]) -> bool:
    return any(count for name, count in done.items() if name not in IDLE)


def _linger(seconds: float, conninfo: str | None, step: Step) -> dict[str, int]:
    """Repeat `step` while it does something, and again whenever somebody notifies `crossdock`, until the time is up."""
    total: Counter[str] = Counter()
    until = time.monotonic() + seconds
    with connect("remediation listens", conninfo=conninfo, autocommit=True) as ears:
        ears.execute("listen crossdock")
        while True:
            while _moved(done := step()):
                logger.info("remediation", **{name: count for name, count in done.items() if count})
                total.update(done)
            left = until - time.monotonic()
            if left <= 0:
                return dict(total)
            for _ in ears.notifies(timeout=min(left, LOOK_EVERY), stop_after=1):
                pass
