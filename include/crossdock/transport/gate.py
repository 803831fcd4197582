"""The gate before every outbound call: may I call now, and what came of it.

Connectors and the HTTP client know this protocol only; `transport.budget` keeps it in Postgres for all.
"""

from __future__ import annotations

from typing import Protocol

from crossdock.core.errors import PartnerDown


class CircuitOpen(PartnerDown):
    """Too many calls failed lately: nobody calls this endpoint until its cool-down is over."""


class Gate(Protocol):
    """The budget and the circuit of one endpoint. An endpoint is what shares a rate limit."""

    def enter(self) -> None:
        """Return when one call may go out; raise Throttled or CircuitOpen when it may not for long."""

    def succeeded(self) -> None:
        """The partner answered: the circuit closes."""

    def throttled(self, retry_after: float) -> None:
        """The partner asked for silence of `retry_after` seconds: every worker keeps it."""

    def failed(self, error: str) -> None:
        """Time-out, refused connection or 5xx: enough of these open the circuit. `error` holds no secret."""


class OpenGate:
    """A gate that is always open and remembers nothing: for tests and for files on this machine."""

    def enter(self) -> None:
        return None

    def succeeded(self) -> None:
        return None

    def throttled(self, retry_after: float) -> None:
        return None

    def failed(self, error: str) -> None:
        return None
