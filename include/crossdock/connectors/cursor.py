"""How far a feed has been read, kept as `{"through": "<ISO time>"}`.

A poll asks again for the last `overlap` seconds: a source may commit at 10:00:05 what it stamped 10:00:00, and
landing knows what it already has. `{"from": …}` starts a window exactly there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from crossdock.connectors.payload import moment


def start(since: dict, overlap_seconds: float) -> datetime | None:
    """The change time to ask from; None for everything."""
    if "from" in since:
        return moment(since["from"])
    through = moment(since.get("through"))
    return through - timedelta(seconds=overlap_seconds) if through else None


def after(since: dict, server_at: datetime | None, changes: Iterable[datetime | None]) -> dict:
    """The cursor after a whole poll: as far as the newest change seen, never beyond the source's own clock.

    The clock alone would lose what is stamped by another, slower clock; the newest change alone would run ahead on
    one stamped in the future. A poll that saw nothing moves nothing.
    """
    known = [moment(since.get("through")), *changes]
    newest = max((at for at in known if at), default=None)
    if newest is None:
        return dict(since)
    through = min(newest, server_at) if server_at else newest
    return {"through": through.astimezone(UTC).isoformat()}
