"""Ids: one correlation id follows a piece of work from capture to effect."""

from __future__ import annotations

import uuid


def correlation_id() -> str:
    """A new id, unique and sortable by nothing; sent as X-Correlation-ID and kept on every row it causes."""
    return uuid.uuid4().hex


def idempotency_key(*parts: object) -> str:
    """The same key for the same parts, so that a second try is seen as the same action."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(str(part) for part in parts)))
