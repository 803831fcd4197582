"""What of a command's payload or an evidence may be shown to whom."""

from __future__ import annotations

import re

MASK = "hidden: personal data"
PERSONAL = re.compile(
    r"^(name|.*_name|first_name|last_name|company|.*email.*|phone|.*_phone|street\d?|.*address\d?|zip|postal_code|requester|signed_by|body|comment)$"
)
"""Keys under which partners and we keep what identifies a person. A ticket's body greets its reader by name."""
NOT_PERSONAL = frozenset({"partner_name", "system_name", "warehouse_name", "carrier_name", "feed_name", "field_name"})


def masked(value: object, *, shown: bool) -> object:
    """The same value, with every personal part replaced unless it may be shown."""
    if shown:
        return value
    if isinstance(value, dict):
        return {key: _hidden(part) if _is_personal(key) else masked(part, shown=False) for key, part in value.items()}
    if isinstance(value, list):
        return [masked(part, shown=False) for part in value]
    return value


def _is_personal(key: str) -> bool:
    return key.lower() not in NOT_PERSONAL and PERSONAL.match(key.lower()) is not None


def _hidden(part: object) -> object:
    return part if part in (None, "") else MASK
