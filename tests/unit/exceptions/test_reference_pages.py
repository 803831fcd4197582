"""The generated reference pages say what they were given."""

from __future__ import annotations

import typer

from crossdock.cli.docs import cli_page, commands, exceptions_page
from crossdock.remediation.page import page
from crossdock.remediation.playbooks.model import Playbook
from crossdock.remediation.policies.model import Policy

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


def test_the_page_of_policies_says_who_is_asked_and_what_is_taken_back():
    """Every condition that asks a person, every figure that was set, each step with its undo, and what rules it out."""
    policy = Policy.model_validate({
        "policy": "price", "doc": "Small ones\nare corrected.", "exceptions": ["price_mismatch"],
        "playbooks": ["correct_price"], "patience": "6 hours",
        "approval": {"may_answer": ["finance"], "cost_from": "5.00", "tiers": ["gold"], "regulated": True},
        "knobs": {"carriers": ["UPS", "USPS"]},
    })  # fmt: skip
    step = {"name": "price", "command": "sap_s4.set_item_price", "partner": "erp", "payload": {}}
    playbook = Playbook.model_validate({
        "playbook": "correct_price", "title": "Charge what was ordered", "doc": "It.", "clears": True,
        "candidates": "correct_price", "needs": [{"must": "a || b", "otherwise": "it is billed"}],
        "steps": [step | {"undo": {"payload": {}}}, step | {"name": "two", "when": "x", "no_undo": "It is gone."}],
    })  # fmt: skip
    written = page([policy], {"correct_price": playbook})
    assert "| finance within 4 hours: repair about 5.00 or more; customer of tier gold; regulated goods |" in written
    assert "| 2 | 6 hours | 1 day |" in written
    assert "| `price` | Small ones are corrected. | carriers: UPS, USPS |" in written
    assert "| `sap_s4.set_item_price` ↶, (`sap_s4.set_item_price`) | it is billed |" in written
