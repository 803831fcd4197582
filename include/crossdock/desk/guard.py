"""Nothing is done for another site: a form's token belongs to its reader, and the browser must say it came from here.

The token is an HMAC of login and day, put into every form: nothing is stored, and no cookie or script is needed, so it
works in a frame that allows forms only. Whoever cannot read our pages cannot know it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer carries. The referrer stays readable here, for browsers that do not say Sec-Fetch-Site."""


def token(key: bytes, login: str, day: datetime | None = None) -> str:
    """What a form of this person carries today."""
    text = f"desk/{(day or datetime.now(UTC)):%Y-%m-%d}/{login}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_own(key: bytes, login: str, given: str) -> bool:
    """Whether a form was ours, made for this person today or yesterday."""
    now = datetime.now(UTC)
    return any(
        hmac.compare_digest(token(key, login, day).encode(), given.encode()) for day in (now, now - timedelta(days=1))
    )


def comes_from_here(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that one of our own pages sent this. One too old to say so must name the origin."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin") or headers.get("referer") or ""
    return bool(origin) and urlsplit(origin).netloc == headers.get("host")
