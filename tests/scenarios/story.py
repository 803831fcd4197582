"""What a story is: `given.yaml` (an order, what goes wrong with it, what people answer) and `expect.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent


class Part(BaseModel):
    """A part of a file; a word that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderWanted(Part):
    """Which order the story is about; what is not said does not matter."""

    channel: Literal["shop", "edi", "direct"] | None = None
    tier: Literal["gold", "silver", "bronze"] | None = None
    lines_at_least: int = 1
    lines_at_most: int = 9
    deliveries: int | None = None
    value_from: float = 0
    value_below: float = 1e9
    regulated: bool | None = None


class Person(Part):
    """What somebody does: answers the question when it comes, or dismisses the case once it is open."""

    does: Literal["approve", "reject", "dismiss", "nothing"]
    name: str = "fiona"
    role: str = "Admin"
    reason: str = "as agreed on the phone"


class Given(Part):
    """The whole of given.yaml."""

    story: str
    order: OrderWanted = Field(default_factory=OrderWanted)
    fault: str
    sold_out_for_days: float | None = None
    """No warehouse has anything of the order's items before."""
    people: list[Person] = Field(default_factory=list)


class Expect(Part):
    """The whole of expect.yaml; a list is complete, what is left out is not looked at."""

    found: list[str]
    case: str | None = None
    playbook: str | None = None
    outcome: Literal["automatic", "approval", "person", "wait"] | None = None
    chosen: str | None = None
    commands: list[str] | None = None
    approval: Literal["approved", "rejected", "expired", "withdrawn"] | None = None
    ends: Literal["resolved", "vanished", "dismissed", "with people", "no case"] = "resolved"
    backordered: Literal["for a while", "to the end"] | None = None
    """How long a part of the order was open and waited for stock."""
    fulfillment: str | None = None
    """What the order has come to, in our words."""
    repaired: bool | None = None


class Story(Part):
    """One folder `<exception>/<story>/`."""

    name: str
    given: Given
    expect: Expect


def stories() -> list[Story]:
    """Every story there is, by folder."""
    return [_read(file.parent) for file in sorted(HERE.glob("*/*/given.yaml"))]


def _read(folder: Path) -> Story:
    given, expect = (yaml.safe_load((folder / name).read_text()) for name in ("given.yaml", "expect.yaml"))
    return Story(
        name=str(folder.relative_to(HERE)), given=Given.model_validate(given), expect=Expect.model_validate(expect)
    )
