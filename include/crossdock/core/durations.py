"""Lengths of time as people write them in settings: a number and s, m, h or d."""

from __future__ import annotations

import re
from datetime import timedelta

DURATION = re.compile(r"^(\d+)(s|m|h|d)$")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str, example: str) -> timedelta:
    """As in `90m`. Raises ValueError, which names `example`, for what is none."""
    found = DURATION.match(text)
    if not found:
        raise ValueError(f"write a number and s, m, h or d, as in {example}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
