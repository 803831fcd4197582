"""Commands of the lab, added to `crossdock` by entry point."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.db.connect import connect
from crossdock_lab import db
from crossdock_lab.clock import Clock, set_business_clock
from crossdock_lab.systems.commands import register_faces

lab = typer.Typer(no_args_is_help=True)
console = Console(soft_wrap=True)
HOUR = timedelta(hours=1)

Seed = Annotated[int, typer.Option(help="The same seed makes the same world.")]
PerDay = Annotated[int, typer.Option("--orders-per-day", help="Orders a day of lab time.")]
Faults = Annotated[float, typer.Option("--fault-share", help="Share of the orders with a fault.")]
Lookalikes = Annotated[float, typer.Option("--lookalike-share", help="Share with a look-alike, which must not fire.")]
Days = Annotated[int | None, typer.Option(help="Orders come in for so many days; default: for ever.")]
Start = Annotated[str, typer.Option(help="Lab time at which the world begins, ISO 8601.")]
Only = Annotated[list[str] | None, typer.Option(help="Only this fault or look-alike; may be given again.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
START = "2026-03-02T00:00:00+00:00"


def register(app: typer.Typer) -> None:
    """Add `crossdock lab …`, `crossdock scorecard` and `crossdock demo`."""
    app.add_typer(lab, name="lab", help="Run a simulated distributor with seeded faults.")
    app.command("scorecard")(scorecard)
    app.command("demo")(demo)


@lab.callback()
def _lab() -> None:
    """Run a simulated distributor with seeded faults."""


register_faces(lab)


@lab.command()
def reset(
    seed: Seed = 1,
    orders_per_day: PerDay = 200,
    fault_share: Faults = 0.05,
    lookalike_share: Lookalikes = 0.10,
    days: Days = None,
    start: Start = START,
    only: Only = None,
) -> None:
    """Forget the world and begin a new one; its clock stands still until `lab run` or `lab step`."""
    from crossdock_lab.world import engine
    from crossdock_lab.world.config import WorldConfig

    begins = datetime.fromisoformat(start)
    begins = begins if begins.tzinfo else begins.replace(tzinfo=UTC)
    try:
        config = WorldConfig(seed, orders_per_day, fault_share, lookalike_share, begins, days, tuple(only or ()))
    except ValueError as error:
        raise Misconfigured(str(error), hint="`crossdock lab reset --help`") from None
    with db.connect() as connection:
        db.wipe(connection)
        world = engine.create(connection, config)
    _tell_product(world.now, 0)
    console.print(f"a new world: seed {seed}, {orders_per_day} orders a day from {begins:%Y-%m-%d %H:%M %Z}")


@lab.command()
def begin() -> None:
    """Begin a world of the default kind where there is none, so that nothing is read of a lab before its time."""
    with db.connect() as connection:
        begun = _begin_if_none(connection)
        now = Clock(connection).now()
    if begun:
        _tell_product(now, 0)
    console.print(f"lab time is {now:%Y-%m-%d %H:%M}")


@lab.command()
def run(
    speed: Annotated[float, typer.Option(help="Lab seconds a wall second.")] = 60,
    here: Annotated[bool, typer.Option("--here", help="Work it out in this process, until Ctrl-C.")] = False,
    minutes: Annotated[float | None, typer.Option(help="With --here: stop after so many wall minutes.")] = None,
) -> None:
    """Let the clock run, and the product's business clock with it.

    `crossdock lab serve` works the world out while the clock runs; with --here this process does.
    """
    if speed <= 0:
        raise Misconfigured(f"speed is {speed}: it must be above 0", hint="`crossdock lab stop` stops the clock")
    with db.connect() as connection:
        _begin_if_none(connection)
        now = _set_speed(connection, speed)
        console.print(f"lab time {now:%Y-%m-%d %H:%M:%S}, running at {speed:g} times the wall clock")
        if here:
            _follow(connection, minutes)


def _begin_if_none(connection: psycopg.Connection) -> bool:
    """Begin a world of the default kind unless there is one; whether one was begun."""
    from crossdock_lab.world import engine
    from crossdock_lab.world.config import WorldConfig

    if connection.execute("select from lab.world").fetchone() is not None:
        return False
    engine.create(connection, WorldConfig())
    return True


def _set_speed(connection: psycopg.Connection, speed: float) -> datetime:
    clock = Clock(connection)
    now = clock.read(lock=True).now
    clock.run(speed)
    connection.commit()
    _tell_product(now, speed)
    return now


def _follow(connection: psycopg.Connection, minutes: float | None) -> None:
    """Work the world out as its clock runs."""
    from crossdock_lab.world.run import advance

    until = time.monotonic() + minutes * 60 if minutes else float("inf")
    try:
        while time.monotonic() < until and (reading := Clock(connection).read()).speed:
            connection.commit()
            advance(connection, reading.live())
            time.sleep(0.25)
    except KeyboardInterrupt:
        console.print("stopped looking; the clock runs on until `crossdock lab stop`")


@lab.command()
def stop() -> None:
    """Stop the clock, and the product's business clock with it."""
    with db.connect() as connection:
        now = _set_speed(connection, 0)
    console.print(f"lab time {now:%Y-%m-%d %H:%M:%S}, standing still")


@lab.command()
def step(
    hours: Annotated[float, typer.Option(help="Lab hours to go on.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """Stop the clock and work the world out some hours further."""
    from crossdock_lab.world.run import advance

    with db.connect() as connection:
        _begin_if_none(connection)
        now = _set_speed(connection, 0)
        began = time.monotonic()
        count = advance(connection, now + timedelta(hours=hours))
        now = Clock(connection).now()
    _tell_product(now, 0)
    if not quiet:
        console.print(f"lab time {now:%Y-%m-%d %H:%M:%S}: {count} changes in {time.monotonic() - began:.1f} s")


def _tell_product(at: datetime, speed: float) -> None:
    """Set the product's business clock, where a product is configured."""
    if not settings().dsn:
        console.print("CROSSDOCK_DSN is not set: the product's business clock stays as it is", style="yellow")
        return
    with connect("lab clock") as product:
        set_business_clock(product, at, speed)


@lab.command()
def inject(
    fault: Annotated[str, typer.Argument(help="Its name: see `crossdock lab faults`.")],
    order: Annotated[str, typer.Option(help="Number or identifier; default: where it shows soonest.")] = "",
    system: Annotated[str, typer.Option(help="For faults of an endpoint: sap, wms, easypost, shop.")] = "sap",
    hours: Annotated[float, typer.Option(help="For faults of an endpoint: how long, in lab time.")] = 4,
) -> None:
    """Cause one named fault on the running lab, and say what to watch."""
    from crossdock_lab.world.inject import inject as cause

    with db.connect() as connection:
        done = cause(connection, fault, order=order, system=system, lasts=timedelta(hours=hours))
        clock = Clock(connection).read()
    console.print(f"[bold]{done.kind}[/] on [bold]{done.subject}[/]: {done.watch}")
    console.print(f"lab time is {clock.now:%Y-%m-%d %H:%M}")
    if not done.expected:
        console.print("watch: nothing may be found of it (EDI: until our 855 has been received)")
    for each in done.expected:
        wall = f", about {clock.to_wall(each.from_at):%H:%M:%S} UTC here" if clock.speed else ""
        ends = f", over at {each.until_at:%Y-%m-%d %H:%M}" if each.until_at else ""
        console.print(f"watch: {each.code} from {each.from_at:%Y-%m-%d %H:%M}{wall}{ends}: {each.evidence}")


@lab.command()
def sell_out(
    sku: Annotated[str, typer.Argument(help="Our number of the item, as SKU-1001.")],
    days: Annotated[float, typer.Option(help="Lab days until stock comes to every warehouse.")] = 3,
) -> None:
    """Leave nothing of an item in any warehouse: what is short of it then can only be backordered."""
    from crossdock_lab.world.inject import sell_out as cause

    with db.connect() as connection:
        until = cause(connection, [sku], timedelta(days=days))
    console.print(f"[bold]{sku}[/] is sold out until {until:%Y-%m-%d %H:%M}")


@lab.command()
def faults(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/reference/lab.md.")] = False,
) -> None:
    """List the faults and the look-alikes that can be caused."""
    from crossdock_lab.reference import page
    from crossdock_lab.world.choose import KINDS
    from crossdock_lab.world.faults import ENDPOINT_KINDS

    if markdown:
        print(page(), end="")
        return
    table = Table("name", "causes", "orders", "what happens")
    for kind in sorted(KINDS.values(), key=lambda kind: (kind.is_lookalike, kind.name)):
        table.add_row(kind.name, ", ".join(kind.codes) or "nothing", ", ".join(kind.channels), kind.watch)
    for kind in ENDPOINT_KINDS.values():
        table.add_row(kind.name, ", ".join(kind.codes) or "nothing", "(endpoint)", kind.watch)
    console.print(table)


@lab.command()
def status(as_json: AsJson = False) -> None:
    """Say what time it is in the lab and what is going on."""
    from crossdock_lab.status import read

    with db.connect() as connection:
        said = read(connection)
    if as_json:
        print(json.dumps(said, indent=2, default=str))
        return
    for name, value in said.items():
        console.print(f"{name:>24}  {value}", highlight=False)


def demo(
    days: Annotated[float, typer.Option(help="Days of history before the lab runs live.")] = 6,
    orders_per_day: PerDay = 30,
    speed: Annotated[float, typer.Option(help="Lab seconds a wall second, once it runs live.")] = 60,
) -> None:
    """Run the distributor through Airflow and show what was found beside the truth (after `crossdock up --lab`)."""
    from crossdock_lab.demo import Demo

    Demo(console, days, orders_per_day, speed).run()
    scorecard()


def scorecard(
    as_json: AsJson = False,
    require: Annotated[
        bool, typer.Option("--require", help="Exit 1 unless everything was found, nothing else was, nothing was lost.")
    ] = False,
    settle: Annotated[float, typer.Option(help="Wall seconds the product may take to read and to find.")] = 90,
    slack: Annotated[
        float, typer.Option(help="Lab hours by which a detection may be early, or outlive its cause.")
    ] = 3,
    output: Annotated[Path | None, typer.Option(help="Write the JSON there as well.")] = None,
) -> None:
    """Compare what the product found with the lab's truth (CROSSDOCK_AUDIT_DSN or CROSSDOCK_DSN, CROSSDOCK_LAB_DSN)."""
    from crossdock_lab.scorecard import card as cards
    from crossdock_lab.scorecard.show import show

    with db.connect() as truth, connect("scorecard", conninfo=cards.audit_dsn()) as product:
        card = cards.score(truth, product, settle=timedelta(seconds=settle), slack=timedelta(hours=slack))
    text = json.dumps(cards.as_json(card), indent=2, default=str)
    if output:
        output.write_text(text)
    if as_json:
        print(text)
    else:
        show(card, Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "160"))))
    if require and card.shortcomings():
        raise typer.Exit(1)
