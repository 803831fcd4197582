"""`crossdock partner`: partner folders, scaffolded, proved and taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crossdock.core.errors import BadInput
from crossdock.core.settings import settings
from crossdock.db.connect import connect
from crossdock.onboarding import conformance, scaffold
from crossdock.onboarding.folder import find
from crossdock.onboarding.load import sync as sync_folders

Paths = Annotated[
    list[Path] | None, typer.Argument(help="Partner folders, or folders of them; default: CROSSDOCK_PARTNERS.")
]

group = typer.Typer(no_args_is_help=True, help=__doc__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="partner")


@group.command()
def sync(paths: Paths = None) -> None:
    """Take the folders over: partners, feeds and code maps; a changed map re-queues only what it touches."""
    with connect("partner sync") as connection:
        done = sync_folders(connection, paths or settings().partner_dirs)
    print(
        f"{len(done.partners)} partners, {len(done.feeds)} feeds; codes: {done.codes_added} added, "
        f"{done.codes_closed} closed; {done.requeued} records queued again"
    )


@group.command("list")
def show_list(paths: Paths = None) -> None:
    """List partners and their feeds, as their folders say."""
    table = Table("partner", "feed", "type", "contract", "mode", "every", "connection", "owner")
    for partner in find(paths or settings().partner_dirs):
        for feed, given in partner.feeds.items():
            table.add_row(
                partner.partner, feed, partner.feed_type(feed), partner.contract(feed), given.mode, given.every,
                partner.connection, partner.owner,
            )  # fmt: skip
    Console().print(table)


@group.command()
def check(
    paths: Paths = None,
    report: Annotated[Path | None, typer.Option(help="Write the conformance report there, as Markdown.")] = None,
) -> None:
    """Prove the folders' samples, without a database: good ones pass, bad ones fail for the stated reason."""
    outcomes = [conformance.check(partner) for partner in find(paths or settings().partner_dirs)]
    text = conformance.render(outcomes)
    if report:
        report.write_text(text)
    print(text)
    wrong = sum(len(outcome.problems) for outcome in outcomes)
    if wrong:
        raise BadInput(f"{wrong} samples do not do what they should", hint="the report above says which and why")


@group.command()
def new(
    path: Annotated[Path, typer.Argument(help="The folder to make.")],
    samples: Annotated[list[Path], typer.Option("--from", help="Sample files of the partner, CSV with a header.")],
    zone: Annotated[str, typer.Option(help="Time zone of its local times.")] = "UTC",
    owner: Annotated[str, typer.Option(help="Who answers for it.")] = "order-management",
) -> None:
    """Scaffold a partner from sample files: guess feeds, columns, times and keys, and say what was guessed."""
    for line in scaffold.scaffold(path, samples, zone=zone, owner=owner):
        print(line)
    print(f"next: read {path / 'partner.yaml'}, mend what was guessed wrong, then run: crossdock partner check {path}")
