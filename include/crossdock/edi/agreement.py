"""The trading partner agreement: what a partner expects of us, from `settings` in its partner.yaml.

    settings:
      expects: {TA1: requested, "997": always, "855": always, within_hours: 24}

TA1: `requested` (where ISA14 asks for it or the envelope is not plainly right), `always`, `never`. 997 and 855:
`always` or `never`. `within_hours`: how soon they acknowledge our 855.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crossdock.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is owed to a partner, and where it goes."""

    ta1: str = "requested"
    functional: str = "always"
    response: str = "always"
    acknowledged_within: timedelta = timedelta(hours=24)
    send_to: str = "inbound"
    """Folder of the mailbox that they read."""


def agreement(partner_id: str, settings: dict) -> Agreement:
    """The agreement in a partner's settings. Raises Misconfigured for a word that means nothing."""
    expects = {str(key).upper(): value for key, value in (settings.get("expects") or {}).items()}
    found = Agreement(
        ta1=expects.get("TA1", "requested"),
        functional=expects.get("997", "always"),
        response=expects.get("855", "always"),
        acknowledged_within=timedelta(hours=float(expects.get("WITHIN_HOURS", 24))),
        send_to=settings.get("send_to", "inbound"),
    )
    for name, value, allowed in (
        ("TA1", found.ta1, ("requested", "always", "never")),
        ("997", found.functional, ("always", "never")),
        ("855", found.response, ("always", "never")),
    ):
        if value not in allowed:
            raise Misconfigured(
                f"partner {partner_id}: settings.expects.{name} is {value!r}", hint=f"use one of {', '.join(allowed)}"
            )
    return found
