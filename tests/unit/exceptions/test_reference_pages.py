"""The generated reference pages say what they were given."""

from __future__ import annotations

import typer

from crossdock.cli.docs import cli_page, commands, exceptions_page

ROW = {
    "exception_code": "price_mismatch",
    "title": "Charged differs from ordered",
    "step": "capture",
    "subject_type": "order_line",
    "severity": "medium",
    "owner_queue": "finance",
    "grace": "02:00:00",
    "is_time_based": True,
    "default_playbook": "review_price",
    "description": "What was charged differs.",
    "parameters": {"tolerance_amount": "0.01"},
}


def app() -> typer.Typer:
    made = typer.Typer()
    group = typer.Typer()

    @made.command()
    def land(feed: str, once: bool = False) -> None:
        """Read one feed."""

    @group.command()
    def show(number: int = typer.Argument(help="Which | one.")) -> None:
        """Show one."""

    made.add_typer(group, name="quarantine")
    return made


def test_the_exception_page_gives_thresholds_links_and_owner():
    """One table row and one section a code, with its parameters and where to look."""
    page = exceptions_page([ROW])
    assert (
        "| [`price_mismatch`](#price_mismatch) | Charged differs from ordered | order line | medium | finance |" in page
    )
    assert "| finance | 02:00:00 | yes |" in page
    assert "- `tolerance_amount`: `0.01`" in page
    assert "(../runbooks/price_mismatch.md)" in page


def test_every_command_has_a_section_with_its_usage():
    """Groups are walked; arguments stand in capitals, options in brackets; a bar does not break the table."""
    page = cli_page(app())
    assert "`crossdock land FEED [--once]`" in page
    assert "## crossdock quarantine show" in page
    assert "Which \\| one." in page


def test_commands_are_named_as_typed():
    """The words of a command are those a person types."""
    assert [words for words, _ in commands(typer.main.get_command(app()))] == [
        "crossdock land",
        "crossdock quarantine show",
    ]
