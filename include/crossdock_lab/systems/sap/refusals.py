"""How SAP Gateway says no."""

from __future__ import annotations

from crossdock_lab.systems.http import Refusal


def refusal(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Refusal:
    """An answer with SAP's error body."""
    error = {"code": code, "message": {"lang": "en", "value": text}, "innererror": {"errordetails": []}}
    return Refusal(status, text, {"error": error}, headers)


def business_no(code: str, text: str) -> Refusal:
    """A rule of the application says no: 400 with its message class and number."""
    return refusal(400, code, text)
