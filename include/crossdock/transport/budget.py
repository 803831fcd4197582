"""The gate in Postgres: one row of ops.endpoints is the token bucket and the circuit breaker of all workers.

Each question is one atomic UPDATE on a connection of its own in autocommit, so that a worker's transaction
never holds the row. Nothing here must survive a crash: commits do not wait for the disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

from crossdock.core.errors import Misconfigured, Throttled
from crossdock.db.connect import connect
from crossdock.transport.gate import CircuitOpen

SQL = Path(__file__).parent / "sql"
SUCCESS_EVERY_SECONDS = 1.0  # a success is news only after a failure or once in a while


@dataclass(frozen=True, slots=True)
class Limits:
    """What one endpoint allows. Rates are calls a second; times are seconds."""

    capacity: float = 100.0
    refill_per_second: float = 50.0
    patience: float = 20.0
    """How long a caller sleeps for its turn; beyond it the gate refuses with Throttled."""
    threshold: int = 5
    """So many failures in a row open the circuit."""
    cool_down: float = 30.0
    """How long an open circuit lets nobody through before one probe is tried."""

    @classmethod
    def of(cls, settings: Mapping) -> Limits:
        """From a partner's `settings.limits`; raises Misconfigured for an unknown or non-positive one."""
        given = dict(settings.get("limits") or {})
        unknown = set(given) - set(cls.__slots__)
        if unknown or any(not isinstance(v, int | float) or v <= 0 for v in given.values()):
            raise Misconfigured(
                f"settings.limits has {sorted(unknown) or given}",
                hint=f"use positive numbers for {', '.join(cls.__slots__)}",
            )
        return cls(**given)


@cache
def _sql(name: str) -> bytes:
    return (SQL / f"{name}.sql").read_bytes()


class DatabaseGate:
    """The budget and the circuit of `endpoint` (default: the partner), shared by all. Safe in threads."""

    def __init__(
        self,
        conninfo: str | None,
        partner_id: str,
        *,
        endpoint: str | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint or partner_id
        self.partner_id = partner_id
        self.limits = limits or Limits()
        self._conninfo = conninfo
        self._sleep = sleep
        self._connection: psycopg.Connection | None = None
        self._success_noted_at = 0.0

    def enter(self) -> None:
        """Sleep for this call's turn; raise Throttled or CircuitOpen when it would be longer than allowed."""
        limits = self.limits
        row = self._run("enter", cool_down=limits.cool_down, patience=limits.patience).fetchone()
        if row is None:
            self._refuse()
        elif row[0] > 0:
            self._sleep(row[0])

    def succeeded(self) -> None:
        now = time.monotonic()
        if now - self._success_noted_at >= SUCCESS_EVERY_SECONDS:
            self._run("succeeded")
            self._success_noted_at = now

    def throttled(self, retry_after: float) -> None:
        self._run("throttled", retry_after=retry_after)

    def failed(self, error: str) -> None:
        self._success_noted_at = 0.0
        self._run("failed", error=error[:500], threshold=self.limits.threshold)

    def close(self) -> None:
        """Close the gate's connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _refuse(self) -> None:
        row = self._run("refusal", cool_down=self.limits.cool_down).fetchone()
        circuit, last_error, circuit_seconds, budget_seconds = row
        if circuit != "closed" and circuit_seconds is not None:
            raise CircuitOpen(
                f"{self.endpoint} is not called for another {circuit_seconds:.0f} s: {last_error}",
                hint="look at the partner's status page; the next probe closes the circuit by itself",
            )
        raise Throttled(
            f"the budget of {self.endpoint} is used up for {budget_seconds:.0f} s",
            retry_after=budget_seconds,
            hint="wait, or raise settings.limits in the partner's folder if the partner allows more",
        )

    def _run(self, name: str, **values: object) -> psycopg.Cursor:
        if self._connection is None or self._connection.closed:
            self._connection = self._open()
        return self._connection.execute(_sql(name), {"endpoint": self.endpoint, **values})

    def _open(self) -> psycopg.Connection:
        connection = connect("gate", conninfo=self._conninfo, autocommit=True)
        connection.execute("set synchronous_commit = off")
        limits = self.limits
        connection.execute(
            _sql("register"),
            {
                "endpoint": self.endpoint,
                "partner_id": self.partner_id,
                "capacity": limits.capacity,
                "refill_per_second": limits.refill_per_second,
            },
        )
        return connection
