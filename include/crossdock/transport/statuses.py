"""What an HTTP status or a broken connection means to the operator: one table, one place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx

from crossdock.core.errors import (
    Conflict,
    CrossdockError,
    Misconfigured,
    Missing,
    NotPermitted,
    PartnerDown,
    Refused,
    Throttled,
)

DEFAULT_RETRY_AFTER = 2.0  # seconds, where a 429 does not say
LONGEST_RETRY_AFTER = 86_400.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `Retry-After` (RFC 9110: seconds or an HTTP date); None where it says nothing."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    if seconds != seconds:  # NaN
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def error_for(status: int, headers: Mapping[str, str], what: str, excerpt: str) -> CrossdockError | None:
    """The error of an answer, or None for a good one (2xx, 304). `what` names the call, without secrets."""
    if 200 <= status < 300 or status == 304:
        return None
    said = f"{what} answered {status}" + (f": {excerpt}" if excerpt else "")
    wait = retry_after(headers)
    if status == 429 or (status == 503 and wait is not None):
        return Throttled(said, retry_after=DEFAULT_RETRY_AFTER if wait is None else wait)
    if status >= 500 or status in (408, 425):
        return PartnerDown(said, hint="it is tried again by itself; if it lasts, ask the partner")
    if status in (409, 412):
        return Conflict(said, hint="somebody changed it first: read it again, then decide")
    if status in (401, 403):
        return NotPermitted(said, hint="check the connection's login, secret and rights")
    if status in (404, 410):
        return Missing(said, hint="check the number, and whether the partner has deleted it")
    if 300 <= status < 400:
        return Misconfigured(
            f"{what} is redirected to {headers.get('location', 'nowhere')}",
            hint="put the new address into the connection; redirects are not followed with credentials",
        )
    return Refused(said, hint="the partner says no: read its reason, mend the request or the data")


def error_of(error: httpx.HTTPError | httpx.InvalidURL, what: str) -> CrossdockError:
    """The error of a call that got no whole answer."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Misconfigured(f"{what} is no address: {error}", hint="mend the host of the connection")
    kind = type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return PartnerDown(
            f"{what}: the partner's TLS certificate cannot be verified",
            hint="ask the partner for a valid certificate, or trust its authority on this machine",
        )
    return PartnerDown(f"{what} gave no whole answer ({kind}: {error})", hint="it is tried again by itself")
