"""Ask the carriers for rates, before anything is locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from crossdock.core import log
from crossdock.core.errors import CrossdockError, Retriable

logger = log.get("triage")


class Quotes(Protocol):
    """A carrier gateway that can be asked for rates: `[{carrier, service, cost, currency, days}]`, its own words."""

    def quote(self, payload: dict) -> list[dict]: ...


Open = Callable[[str], Quotes]
"""partner id → what can be told and asked there."""


def ask(facts: Mapping[int, dict], wanting: set[int], open_commands: Open) -> None:
    """Put `quotes` into the facts of each case that wants them: the rates, or `{error}` where a flake hid them."""
    for case_id in sorted(wanting):
        facts[case_id]["quotes"] = _rates(facts[case_id], open_commands)


def _rates(facts: dict, open_commands: Open) -> list[dict] | dict:
    payload = {name: value for name, value in facts["parcel"].items() if name != "old_label"}
    try:
        rates = open_commands(facts["partners"]["carrier"]["partner_id"]).quote(payload)
    except Retriable as error:
        return {"error": str(error)}
    except CrossdockError as error:
        logger.warning("no rates", case_id=facts["case"]["case_id"], error=str(error))
        return []
    return sorted(rates, key=lambda rate: (str(rate["carrier"]), str(rate["service"])))
