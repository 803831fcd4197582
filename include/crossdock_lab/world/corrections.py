"""What a repair changes of what has been shown already: it is shown at once, as of the moment of the repair."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crossdock_lab.world.plan import Plan
from crossdock_lab.world.show import Change, Move, Step, changes


def corrections(before: Plan, after: Plan, now: datetime) -> list[Step]:
    """What must be shown at once because a repair at `now` changed it, and stock that it moved.

    Whatever was shown by `now` of the plan `before` is compared with what the plan `after` would have shown.
    """
    at = now + timedelta(microseconds=1)
    said, now_says = _standing(before, now), _standing(after, now)
    steps: list[Step] = [
        replace(change, at=at, belief=_stamped(change.belief, at))
        for key, change in now_says.items()
        if key not in said or _stamped(said[key].belief, at) != _stamped(change.belief, at)
    ]
    moved = _moved(after, now)
    for place, (on_hand, available) in _moved(before, now).items():
        held = moved.get(place, (0, 0))
        moved[place] = held[0] - on_hand, held[1] - available
    return steps + [Move(at, *place, *held) for place, held in moved.items() if held != (0, 0)]


def _standing(plan: Plan, now: datetime) -> dict[tuple[str, str, str], Change]:
    """The last change of each object by then."""
    return {(c.system, c.kind, c.object_id): c for c in changes(plan) if isinstance(c, Change) and c.at <= now}


def _moved(plan: Plan, now: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """What has left each place by then: on hand, available."""
    moved: dict[tuple[str, str], tuple[int, int]] = {}
    for move in changes(plan):
        if isinstance(move, Move) and move.at <= now:
            held = moved.get((move.sku, move.warehouse), (0, 0))
            moved[move.sku, move.warehouse] = held[0] + move.on_hand, held[1] + move.available
    return moved


def _stamped(belief: object, at: datetime) -> object:
    """The belief, changed at `at`."""
    name = "changed_at" if hasattr(belief, "changed_at") else "updated_at"
    return replace(belief, **{name: at}) if hasattr(belief, name) else belief
