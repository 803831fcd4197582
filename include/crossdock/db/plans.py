"""When a session that does the same small work over and over makes its plans anew.

Planning a round of work costs ten times what running it over a few rows does. A small round therefore reuses the plans
of an earlier small one: its scratch tables are emptied by DELETE and not analysed, since TRUNCATE and ANALYZE both
discard plans. A large round, the round after it or after a failure, and the first one of each minute start afresh: the
tables have grown by then. A round that finds nothing to do plans nothing, so the next one is as fresh as it was.
"""

from __future__ import annotations

import time

SMALL = 100
"""Rows of work in a round, up to which it may use an earlier one's plans."""
PLANS_KEPT = 60.0
"""Seconds; the tables that a session writes may be ten times as large a minute later."""


class Replanning:
    """Whether the present round starts afresh: `begin`, then `planned_for`, then `ended`, round after round."""

    def __init__(self) -> None:
        self.is_fresh, self.is_large, self.is_planned = True, False, False
        self.replan_at = 0.0

    def begin(self, *, anew: bool = False) -> None:
        """A round begins; with `anew` it starts afresh whatever was before."""
        now = time.monotonic()
        if anew or self.is_fresh or now >= self.replan_at:
            self.is_fresh, self.replan_at = True, now + PLANS_KEPT

    def planned_for(self, count: int) -> None:
        """Say how many rows of work the round is about, before anything is derived from them."""
        self.is_large, self.is_planned = count > SMALL, count > 0
        self.is_fresh = self.is_fresh or self.is_large

    def ended(self, *, well: bool) -> None:
        """The round is over. What a failed one has left behind was rolled back, and is not known."""
        if self.is_planned or not well:
            self.is_fresh = self.is_large or not well
        self.is_large = self.is_planned = False
