"""Structured logs: one event a line, never a secret, never a person's data in the clear.

`bind(correlation_id=…, partner_id=…)` puts fields on every later line of the same task or request.
"""

from __future__ import annotations

import logging
import re
import sys

import structlog

from crossdock.core.settings import settings

SECRET_KEYS = re.compile(r"pass(word|wd)?|secret|token|authorization|api[-_]?key|signature|cookie|hmac|private", re.I)
PERSON_KEYS = re.compile(
    r"(^|_)(e?mail|phone|street|address1|first_name|last_name|customer_name|contact|signed_by)($|_)", re.I
)
BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=._~-]{8,}")
USERINFO = re.compile(r"(?<=://)[^/@\s]+@")

bind = structlog.contextvars.bind_contextvars
unbind = structlog.contextvars.unbind_contextvars
bound = structlog.contextvars.bound_contextvars


def _mask(value: object, key: str = "") -> object:
    if SECRET_KEYS.search(key) or PERSON_KEYS.search(key):
        return "***" if value not in (None, "") else value
    if isinstance(value, dict):
        return {k: _mask(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(v) for v in value]
    if isinstance(value, str):
        return USERINFO.sub("***@", BEARER.sub(r"\1 ***", value))
    return value


def masked(_logger: object, _method: str, event: dict) -> dict:
    """Processor: hide secrets and personal data, by the name of the field and by the look of the text."""
    return {key: _mask(value, key) for key, value in event.items()}


def configure() -> None:
    """Send our logs to standard error in the chosen format; safe to call twice."""
    renderer = (
        structlog.dev.ConsoleRenderer() if settings().log_format == "text" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings().log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry `room=<name>`."""
    return structlog.get_logger(room=name)
