"""One world lived through by steps: in calm, or with blows that fall while the product works."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.remediation import approvals
from rig import Rig

ROUGH = 3
"""Steps of six hours in which storms fall; half an hour of calm after each, for what was put off."""
SMOOTH = 8
"""Steps of twelve hours after them, until every repair has held."""


def live(system: Rig, storm: Callable[[int], None] | None = None, *, smooth: int = SMOOTH) -> None:
    """Let the world go on for all steps; `storm(number)` comes in each rough one, before the product is quiet."""
    for number in range(ROUGH):
        system.step(hours=6)
        if storm:
            storm(number)
        _rest(system)
        system.step(minutes=30)
        _rest(system)
    for _ in range(smooth):
        system.step(hours=12)
        _rest(system)


def _rest(system: Rig) -> None:
    system.catch_up()
    if answer_all(system.dsn["app"]):
        system.catch_up()


def answer_all(dsn: str) -> int:
    """Somebody who may says yes to every question; returns to how many."""
    with connect("people", conninfo=dsn, autocommit=True) as connection:
        waiting = connection.execute(
            "select approval_id from ops.approvals where state = 'waiting' order by 1"
        ).fetchall()
        for (approval_id,) in waiting:
            with suppress(Refused):
                approvals.answer(
                    connection, approval_id, "approve", "fiona", ["Admin"], reason="agreed", front_end="cli"
                )
    return len(waiting)
