"""A whole installation under kill -9 and outages, with its lab at speed: it ends as a world that nobody disturbed.

`make chaos` strikes thirty times; `make chaos BLOWS=6` is a shorter run. What was done when is printed, and so is the
comparison. The undisturbed end comes from the same world lived through by steps.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import psycopg
import pytest

from chaos import final, voyage
from chaos.installation import SERVICES, TASK, Installation, installed
from chaos.storm import SYSTEMS
from crossdock_lab.world import choose
from crossdock_lab.world.config import WorldConfig
from rig import Rig, rig

pytestmark = [pytest.mark.long, pytest.mark.airflow, pytest.mark.timeout(2400)]
BLOWS = int(os.environ.get("CROSSDOCK_CHAOS_BLOWS", "30"))
SEED = int(os.environ.get("CROSSDOCK_CHAOS_SEED", "1"))
PAUSE = (10.0, 35.0)
"""Seconds between two blows: most services are back by the next, some are not."""
OUTAGE = 40
"""Seconds that a system is away: less than the grace after which that is an exception itself."""
ROUGH_DAYS, DAYS = 2, 8
"""Lab days that the blows are spread over; lab days in all."""
SMOOTH_SPEED = 1440
HEALS = "short_pick_made_good"
"""At speed the lab's hour passes in a quarter of a minute: what heals by itself may heal while it is being repaired."""
KINDS = tuple(sorted(set(choose.KINDS) - {HEALS}))
CONFIG = WorldConfig(seed=5, orders_per_day=40, fault_share=0.6, lookalike_share=0.2, days=1, kinds=KINDS)
UNREAD = """
select count(*) from ref.feeds as f left join raw.cursors as c using (feed_id)
where f.is_active and f.mode <> 'push' and coalesce(c.read_through_at, '-infinity') < %s
"""


def test_an_installation_ends_as_if_nothing_had_been(postgres, modelled, tmp_path, capsys):
    """Nothing is lost, done twice, or left lying; every order ends as in the world that nobody disturbed."""
    with rig(postgres, modelled, CONFIG, tmp_path) as system:
        voyage.live(system, smooth=DAYS * 2)
        calm = final.final(system.lab_dsn, modelled["auditor"])
    world = {
        "seed": CONFIG.seed,
        "orders-per-day": CONFIG.orders_per_day,
        "fault-share": CONFIG.fault_share,
        "lookalike-share": CONFIG.lookalike_share,
        "days": CONFIG.days,
        "only": CONFIG.kinds,
    }
    with capsys.disabled(), installed(**world) as product:
        system = product.rig()
        with _people(system):
            hits = _storm(product, system)
            _calm(product, system)
        rough = final.final(system.lab_dsn, system.dsn["auditor"])
        aside = calm.with_people() | rough.with_people()
        wrong = [*rough.breaches, *final.differences(calm.settled(aside), rough.settled(aside))]
        _say(f"{hits} blows fell; {len(rough.orders)} orders; {len(aside)} with people; {len(wrong)} wrongs")
        for text in wrong:
            _say(f"  {text}")
        for text in final.differences(calm, rough):
            _say(f"  (may differ) {text}")
    assert calm.breaches == []
    assert wrong == []
    assert hits >= 0.8 * BLOWS


def _storm(product: Installation, system: Rig) -> int:
    """Kill and cut off at random while the lab runs; how many blows hit something."""
    draw = random.Random(SEED)
    product.run("lab", "run", "--speed", str(round(ROUGH_DAYS * 86400 / (BLOWS * sum(PAUSE) / 2))))
    victims = [TASK, *SERVICES, TASK]
    plan = [victims[number % len(victims)] for number in range(BLOWS)]
    draw.shuffle(plan)
    cut_off = dict(zip(sorted(draw.sample(range(BLOWS), min(BLOWS, len(SYSTEMS)))), SYSTEMS, strict=False))
    hits = 0
    for number, victim in enumerate(plan):
        time.sleep(draw.uniform(*PAUSE))
        if number in cut_off:
            _outage(system, cut_off[number])
        killed = _wait(lambda victim=victim: product.kill(victim, draw), seconds=60)
        hits += bool(killed)
        _say(f"{number + 1:3} of {BLOWS}: killed {killed or f'nobody: no {victim} in a minute'}")
    return hits


def _outage(system: Rig, name: str) -> None:
    """One system is away for a while of the wall clock; some answers get lost besides, and webhooks come twice."""

    def end() -> None:
        with suppress(httpx.HTTPError):
            httpx.delete(f"{system.base}/lab/misbehave", timeout=60)

    for target, behaviour, params in (
        (name, "down", {"retry_after": 2}),
        ("*", "unanswered", {"seconds": 1, "times": 3, "method": "POST", "probability": 0.3, "seed": SEED}),
        ("*", "timeout", {"seconds": 1, "times": 3, "probability": 0.1, "seed": SEED}),
        ("*", "duplicate", {"times": 20}),
        ("*", "reorder", {"times": 20}),
    ):
        with suppress(httpx.HTTPError):  # the lab's own database may be down at this moment
            rule = {"system": target, "behaviour": behaviour, "params": params}
            httpx.post(f"{system.base}/lab/misbehave", json=rule, timeout=60)
    threading.Timer(OUTAGE, end).start()
    _say(f"     {name} is away for {OUTAGE} s")


def _calm(product: Installation, system: Rig) -> None:
    """The rest of the days without blows, and then until there is nothing left to do."""
    time.sleep(OUTAGE)
    product.run("lab", "run", "--speed", str(SMOOTH_SPEED))
    until = CONFIG.day(DAYS)
    _wait(lambda: system.now() >= until, seconds=DAYS * 86400 / SMOOTH_SPEED + 300)
    product.run("lab", "stop")
    for _ in range(2):
        _read_up(product, system)
        system.step(hours=12)  # what was done last has consequences: an invoice follows goods issue by hours
    _read_up(product, system)


def _read_up(product: Installation, system: Rig) -> None:
    """Have Airflow read every feed past the present, and wait until nothing waits any more."""
    product.run("trigger", "ingest__*")
    now = system.now()

    def waits() -> dict[str, int]:
        found = final.unfinished(system.dsn["auditor"])
        unread = system.rows(UNREAD, now)[0][0]
        return found | ({"unread feeds": unread} if unread else {})

    done = _wait(lambda: not waits(), seconds=420)
    _say(f"at rest at {now:%m-%d %H:%M}" if done else f"not at rest at {now:%m-%d %H:%M}: {waits()}")
    time.sleep(10)


@contextmanager
def _people(system: Rig) -> Iterator[None]:
    """Somebody answers every question within seconds, whenever there is a database to ask."""
    over = threading.Event()

    def answer() -> None:
        while not over.wait(5):
            with suppress(psycopg.Error):
                voyage.answer_all(system.dsn["app"])

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _wait(found: Callable[[], object], seconds: float) -> object:
    """The first true answer, over a database that is away for a while; the last false one where there is none."""
    until = time.monotonic() + seconds
    while True:
        answer = None
        with suppress(psycopg.Error, httpx.HTTPError, KeyError):
            answer = found()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(0.5)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)  # noqa: T201
