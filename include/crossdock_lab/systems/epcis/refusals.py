"""How the repository says no."""

from __future__ import annotations

from crossdock_lab.systems.http import Refusal


def refusal(status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> Refusal:
    """A problem document, as the bindings have it."""
    problem = {"type": f"epcisException:{kind}", "title": text, "status": status}
    return Refusal(status, text, problem, headers)
