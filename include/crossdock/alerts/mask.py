"""What leaves the house in an alert names orders and codes, never a person's address or number, and no secret."""

from __future__ import annotations

import re

from crossdock.core.log import BEARER, USERINFO

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.:-])(\+\d[\d ()/.-]{6,}\d|\(\d{2,5}\)[\d /.-]{4,}\d)(?![\w:-])")
SECRET = re.compile(r"(?i)\b(password|passwd|secret|token|api[-_]?key)(\s*[=:]\s*)\S+")


def masked(text: str) -> str:
    """`text` with mail addresses, telephone numbers and credentials replaced by ***."""
    text = SECRET.sub(r"\1\2***", BEARER.sub(r"\1 ***", USERINFO.sub("***@", text)))
    return PHONE.sub("***", EMAIL.sub("***", text))
