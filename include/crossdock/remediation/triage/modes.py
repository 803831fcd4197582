"""Which policy decides a case, and which others are asked beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from crossdock.core.errors import Misconfigured
from crossdock.remediation.policies.store import Loaded


@dataclass(frozen=True, slots=True)
class Chosen:
    """The policy that decides, and those whose decision is only written down. `mode` is how the first decides."""

    deciding: Loaded
    mode: Literal["active", "canary"]
    beside: tuple[Loaded, ...]


def choose(policies: Sequence[Loaded], code: str, case_id: int) -> Chosen:
    """The active policy of an exception, or the canary whose share the case falls into. Raises Misconfigured."""
    fitting = [one for one in policies if code in one.policy.exceptions]
    active = next((one for one in fitting if one.policy.mode == "active"), None)
    if active is None:
        raise Misconfigured(f"no active policy decides {code}", hint="write one, then run `crossdock policy sync`")
    canary = next((one for one in fitting if one.policy.mode == "canary" and _falls_into(one, case_id)), None)
    deciding = canary or active
    beside = tuple(one for one in fitting if one is not deciding)
    return Chosen(deciding, "canary" if canary else "active", beside)


def _falls_into(canary: Loaded, case_id: int) -> bool:
    """Always the same answer for a case, in the long run for the policy's share of them."""
    digest = hashlib.sha256(f"{canary.policy.policy}/{case_id}".encode()).digest()
    return Decimal(int.from_bytes(digest[:4])) / Decimal(2**32) < canary.policy.share
